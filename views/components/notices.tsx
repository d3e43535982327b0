import type { NoticeType } from '../../hub/domain/notice';
import type { Shell } from '../layout';
import { Post } from './form';
import { Time } from './time';

/** A message of an administrator, for its reader. */
export interface NoticeShown {
  readonly id: string;
  readonly message: string;
  readonly variant: NoticeType;
  readonly by: string;
  readonly from: Date;
}

export const TONES: Readonly<Record<NoticeType, string>> = { default: 'plain', info: 'info', success: 'ok', warning: 'warn', error: 'bad', 'in-progress': 'info' };

const MOST = 3;

/** On top of every page, until they are dismissed: the newest ones, and where the others are; at home all of them. */
export function NoticeBanners(shell: Shell & { readonly notices: readonly NoticeShown[] }) {
  const { t, urls, notices, path } = shell;
  const most = path === urls.home ? notices.length : MOST;
  return (
    <div role="status" class="notices">
      {notices.slice(0, most).map((notice) => (
        <div class={`note ${TONES[notice.variant]}`} key={notice.id}>
          <p>{notice.message}</p>
          <p class="hint"><Time at={notice.from} none="" relative /></p>
          <Dismiss shell={shell} notice={notice} />
        </div>
      ))}
      {notices.length > most ? <p><a href={urls.notices}>{t('notices.more', { count: notices.length })}</a></p> : null}
    </div>
  );
}

export function Dismiss({ shell, notice }: { readonly shell: Shell; readonly notice: Pick<NoticeShown, 'id' | 'message'> }) {
  const { t, urls, here } = shell;
  return (
    <Post shell={shell} action={urls.noticeDismiss(notice.id)} class="inline" fields={{ next: here }}>
      <button type="submit" class="quiet" aria-label={t('notices.dismissNamed', { message: notice.message })}>{t('notices.dismiss')}</button>
    </Post>
  );
}
