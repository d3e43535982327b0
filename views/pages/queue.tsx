import { Post } from '../components/form';
import { waitText } from '../components/server';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface QueueModel {
  /** The next one first. */
  readonly rows: readonly { readonly user: string; readonly server: string; readonly position: number; readonly waitMs: number | null; readonly jumped: boolean; readonly since: Date; readonly profile: string | null }[];
}

const AGAIN_SECONDS = 10;
const COLUMNS = ['queue.place', 'queue.user', 'queue.server', 'queue.profile', 'queue.since', 'queue.wait', 'queue.action'] as const;

export function queuePage(shell: Shell, { rows }: QueueModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('queue.title')} live={['servers', 'queue', 'maintenance']} refreshSeconds={AGAIN_SECONDS}>
      <p>{t('queue.explain')}</p>
      {rows.length === 0 ? <p>{t('queue.empty')}</p> : <Line shell={shell} rows={rows} />}
    </Layout>
  );
}

function Line({ shell, rows }: QueueModel & { readonly shell: Shell }) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <caption>{t('queue.caption')}</caption>
        <thead>
          <tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(name)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.position}>
              <td>{row.position}</td>
              <th scope="row">{row.user}</th>
              <td>{row.server}</td>
              <td>{row.profile}</td>
              <td><Time at={row.since} none="" /></td>
              <td>{waitText(row.waitMs, t)}</td>
              <td>{row.jumped ? t('queue.jumped') : <Jump shell={shell} row={row} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Jump({ shell, row }: { readonly shell: Shell; readonly row: QueueModel['rows'][number] }) {
  return (
    <Post shell={shell} action={shell.urls.adminQueueJump} class="inline" fields={{ user: row.user, server: row.server }}>
      <button type="submit" aria-label={shell.t('queue.jumpNamed', { name: row.server === '' ? row.user : `${row.user}/${row.server}` })}>{shell.t('queue.jump')}</button>
    </Post>
  );
}
