import type { NoticeDetail, NoticeHistory, NoticeRow } from './notice-models';
import { Empty } from '../components/amounts';
import { Post } from '../components/form';
import { Pager, Pills } from '../components/lists';
import { Dismiss, TONES, type NoticeShown } from '../components/notices';
import { Said } from '../components/said';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';
import { Compose, type ComposeModel } from './notice-compose';

export interface OwnNoticeRow extends NoticeShown {
  readonly dismissed: Date | null;
}

/** For plain users: what they were sent. */
export function ownNoticesPage(shell: Shell, notices: readonly OwnNoticeRow[]) {
  const { t } = shell;
  // The list is the page: the same on top of it would be said twice.
  return (
    <Layout {...shell} notices={[]} title={t('notices.title')} live={['notices']}>
      <Own shell={shell} notices={notices} />
    </Layout>
  );
}

export function Own({ shell, notices }: { readonly shell: Shell; readonly notices: readonly OwnNoticeRow[] }) {
  const { t } = shell;
  if (notices.length === 0) return <Empty title={t('notices.ownNone')}><p>{t('notices.ownNoneHint')}</p></Empty>;
  return (
    <ul class="notes">
      {notices.map((notice) => (
        <li class={`note ${TONES[notice.variant]}`} key={notice.id}>
          <p>{notice.message}</p>
          <p class="hint">{t('notices.from.by', { name: notice.by })} · <Time at={notice.from} none="" relative /></p>
          {notice.dismissed === null ? <Dismiss shell={shell} notice={notice} /> : <span class="badge">{t('notices.dismissed')}</span>}
        </li>
      ))}
    </ul>
  );
}

export interface NoticesModel {
  readonly compose: ComposeModel;
  readonly history: NoticeHistory;
  readonly own: readonly OwnNoticeRow[];
}

/** For administrators: write on the left, what was written on the right. */
export function noticesPage(shell: Shell, { compose, history, own }: NoticesModel) {
  const { t } = shell;
  return (
    <Layout {...shell} notices={[]} title={t('notices.title')} width="wide" live={['notices']} scripts={['notices.js']}>
      <div class="sides">
        <Compose shell={shell} m={compose} />
        <section aria-labelledby="past">
          <h2 id="past">{t('notices.past')}</h2>
          <History shell={shell} m={history} />
        </section>
      </div>
      {own.length === 0 ? null : <section aria-labelledby="own"><h2 id="own">{t('notices.own')}</h2><Own shell={shell} notices={own} /></section>}
    </Layout>
  );
}

const RANGES = ['24h', '7d', '30d', 'all'] as const;

function History({ shell, m }: { readonly shell: Shell; readonly m: NoticeHistory }) {
  const { t, urls } = shell;
  const at = (range: string, offset = 0): string => `${urls.notices}?range=${range}${offset === 0 ? '' : `&offset=${offset}`}`;
  return (
    <>
      <Pills label={t('notices.range')} pills={RANGES.map((range) => ({ text: t(`notices.range.${range}`), count: m.counts[range], href: at(range), chosen: range === m.range }))} />
      {m.rows.length === 0 ? <Empty title={t('notices.none')}><p>{t('notices.noneHint')}</p></Empty> : (
        <div class="scroll">
          <table>
            <thead><tr><th scope="col">{t('notices.columnMessage')}</th><th scope="col">{t('notices.columnDelivered')}</th><th scope="col">{t('notices.columnSent')}</th></tr></thead>
            <tbody>{m.rows.map((row) => <Row key={row.id} shell={shell} row={row} />)}</tbody>
          </table>
        </div>
      )}
      <Pager t={t} offset={m.offset} limit={m.limit} total={m.counts[m.range]} at={(offset) => at(m.range, offset)} />
      {m.clearable === 0 ? null : (
        <details>
          <summary>{t('notices.clear')}</summary>
          <Post shell={shell} action={urls.noticesClear}>
            <p>{t('notices.clearExplain', { count: m.clearable })}</p>
            <button type="submit" class="danger">{t('notices.clear')}</button>
          </Post>
        </details>
      )}
    </>
  );
}

function Row({ shell: { t, urls }, row }: { readonly shell: Shell; readonly row: NoticeRow }) {
  return (
    <tr>
      <th scope="row"><a href={urls.notice(row.id)}>{row.message}</a> <span class={`badge ${TONES[row.variant]}`}>{t(`notices.variant.${row.variant}`)}</span></th>
      <td data-label={t('notices.columnDelivered')}><Delivered t={t} row={row} /></td>
      <td data-label={t('notices.columnSent')}>{row.phase === 'scheduled' ? <><span class="badge warn">{t('notices.phase.scheduled')}</span> <Time at={row.from} none="" /></> : <Time at={row.from} none="" relative />}</td>
    </tr>
  );
}

function Delivered({ t, row }: { readonly t: Shell['t']; readonly row: NoticeRow }) {
  if (row.sent === null) return <>–</>;
  return (
    <>
      {t('notices.delivered', { successful: row.successful, total: row.total })}
      {row.failed === 0 ? null : <> <span class="badge bad">{t('notices.failedCount', { count: row.failed })}</span></>}
      {row.waiting === 0 ? null : <> <span class="badge">{t('notices.waitingCount', { count: row.waiting })}</span></>}
    </>
  );
}

export interface NoticeModel {
  readonly notice: NoticeRow;
  readonly details: readonly NoticeDetail[];
  readonly offset: number;
  readonly limit: number;
}

/** One message, and what became of it for each person. */
export function noticePage(shell: Shell, { notice, details, offset, limit }: NoticeModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('notices.one')} live={['notices']}>
      <p><a href={urls.notices}>{t('notices.back')}</a></p>
      <div class={`note ${TONES[notice.variant]}`}><p>{notice.message}</p></div>
      <Facts shell={shell} notice={notice} />
      <h2>{t('notices.results')}</h2>
      {details.length === 0 ? <Empty title={t('notices.noResults')}><p>{t('notices.noResultsHint')}</p></Empty> : <Results shell={shell} details={details} />}
      <Pager t={t} offset={offset} limit={limit} total={notice.total} at={(from) => `${urls.notice(notice.id)}?offset=${from}`} />
      <Ends shell={shell} notice={notice} />
    </Layout>
  );
}

function Facts({ shell: { t }, notice }: { readonly shell: Shell; readonly notice: NoticeRow }) {
  const { recipients, groups, states } = notice.to;
  const whom = [
    ...(recipients === null && groups === null ? [t('notices.everybody')] : []), ...(recipients === null ? [] : [recipients.join(', ')]),
    ...(groups === null ? [] : [t('notices.toGroups', { names: groups.join(', ') })]), ...(states === null ? [] : [t('notices.toStates', { names: states.map((state) => t(`notices.state.${state}`)).join(', ') })]),
  ];
  return (
    <dl class="facts">
      <dt>{t('notices.columnSent')}</dt><dd><Time at={notice.from} none="" /> <span class={`badge ${notice.phase === 'over' ? '' : notice.phase === 'shown' ? 'ok' : 'warn'}`}>{t(`notices.phase.${notice.phase}`)}</span></dd>
      <dt>{t('notices.shownUntil')}</dt><dd><Time at={notice.until} none="" /></dd>
      <dt>{t('notices.by')}</dt><dd>{notice.by}</dd>
      <dt>{t('notices.toWhom')}</dt><dd>{whom.join('; ')}</dd>
      <dt>{t('notices.columnDelivered')}</dt><dd><Delivered t={t} row={notice} /></dd>
    </dl>
  );
}

const STATUS_TONES = { success: 'ok', failed: 'bad', waiting: '' } as const;

function Results({ shell: { t }, details }: { readonly shell: Shell; readonly details: readonly NoticeDetail[] }) {
  return (
    <div class="scroll">
      <table>
        <thead><tr><th scope="col">{t('notices.columnUser')}</th><th scope="col">{t('notices.columnStatus')}</th><th scope="col">{t('notices.columnClosed')}</th></tr></thead>
        <tbody>
          {details.map(({ username, status, error, dismissed }) => (
            <tr key={username}>
              <th scope="row"><bdi>{username}</bdi></th>
              <td data-label={t('notices.columnStatus')}><span class={`badge ${STATUS_TONES[status]}`}>{t(`notices.status.${status}`)}</span> {error === null ? null : <Said text={error} />}</td>
              <td data-label={t('notices.columnClosed')}><Time at={dismissed} none={t('notices.notYet')} relative /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Ends({ shell, notice }: { readonly shell: Shell; readonly notice: NoticeRow }) {
  const { t, urls } = shell;
  return (
    <div class="panel">
      {notice.phase === 'over' ? null : (
        <details>
          <summary>{t('notices.expire')}</summary>
          <Post shell={shell} action={urls.noticeExpire(notice.id)}><p>{t('notices.expireExplain')}</p><button type="submit" class="danger">{t('notices.expire')}</button></Post>
        </details>
      )}
      <details>
        <summary>{t('notices.delete')}</summary>
        <Post shell={shell} action={urls.noticeDelete(notice.id)}><p>{t('notices.deleteExplain', { message: notice.message })}</p><button type="submit" class="danger">{t('notices.deleteSure')}</button></Post>
      </details>
    </div>
  );
}
