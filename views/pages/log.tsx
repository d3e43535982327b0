import { Layout, type Shell } from '../layout';
import type { Which } from './spawn';

export interface LogModel extends Which {
  readonly lines: readonly string[];
  /** Address of the live stream, form token included; null: it is not running, and there is no more to come. */
  readonly streamUrl: string | null;
}

/** The last lines of a server, live by script; without one, as they were when the page was opened. */
export function logPage(shell: Shell, m: LogModel) {
  const { t, urls } = shell;
  const name = m.server === '' ? m.user : `${m.user}/${m.server}`;
  return (
    <Layout {...shell} title={t('log.title', { name })} width="wide" scripts={['log.js']}>
      <p role="status" data-log-state data-live={t('log.live')} data-ended={t('log.ended')}>{m.streamUrl === null ? t('log.ended') : t('log.reload')}</p>
      <pre class="log" tabIndex={0} aria-label={t('log.title', { name })} data-log={m.streamUrl ?? undefined}>{m.lines.length === 0 ? t('log.empty') : m.lines.join('\n')}</pre>
      <p><a class="button quiet" href={m.own ? urls.home : urls.adminUsers}>{t('action.back')}</a></p>
    </Layout>
  );
}
