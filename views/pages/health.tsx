import { Post } from '../components/form';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface HealthRowModel {
  readonly name: string;
  readonly ok: boolean;
  readonly level: 'required' | 'advice';
  readonly detail: string;
  readonly at: Date;
  readonly ms: number;
}

export interface HealthModel {
  readonly ok: boolean;
  readonly running: boolean;
  /** End of the last whole proof; null: the first one still runs. */
  readonly at: Date | null;
  /** Why no server can be started; null: they can. */
  readonly blocked: string | null;
  readonly rows: readonly HealthRowModel[];
  readonly backups: BackupsModel;
}

export interface BackupsModel {
  readonly running: boolean;
  /** Milliseconds; 0: the hub makes none by itself. */
  readonly everyMs: number;
  readonly days: number;
  readonly last: { readonly rows: Readonly<Record<string, number>> } | null;
  readonly failure: { readonly at: Date; readonly reason: string } | null;
  /** Newest first. */
  readonly files: readonly { readonly name: string; readonly at: Date; readonly bytes: number }[];
}

const AGAIN_SECONDS = 3;

export function healthPage(shell: Shell, m: HealthModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('health.title')} {...(m.running || m.backups.running ? { refreshSeconds: AGAIN_SECONDS } : {})}>
      <Summary t={t} m={m} />
      <div class="actions">
        <Post shell={shell} action={urls.adminHealth} class="inline"><button type="submit" disabled={m.running}>{t('health.check')}</button></Post>
        {m.running ? <span role="status">{t('health.running')}</span> : null}
        <span>{t('health.last')} <Time at={m.at} none={t('health.never')} /></span>
      </div>
      <div class="scroll">
        <table>
          <caption>{t('health.caption')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('health.columnCheck')}</th>
              <th scope="col">{t('health.columnResult')}</th>
              <th scope="col">{t('health.columnDetail')}</th>
              <th scope="col">{t('health.columnTime')}</th>
              <th scope="col">{t('health.columnTook')}</th>
            </tr>
          </thead>
          <tbody>{m.rows.toSorted((a, b) => rank(a) - rank(b)).map((row) => <Row key={row.name} shell={shell} row={row} />)}</tbody>
        </table>
      </div>
      <Backups shell={shell} m={m.backups} />
    </Layout>
  );
}

function Summary({ t, m }: { readonly t: Shell['t']; readonly m: HealthModel }) {
  if (m.blocked !== null) return <p class="note bad" role="alert">{t('health.blocked')}</p>;
  if (m.at === null) return <p class="note warn">{t('health.first')}</p>;
  return <p class={`note ${m.ok ? 'ok' : 'warn'}`}>{t(m.ok ? 'health.allWell' : 'health.notAllWell')}</p>;
}

/** What somebody has to do something about comes first. */
const rank = (row: HealthRowModel): number => (row.ok ? 2 : row.level === 'required' ? 0 : 1);

function Row({ shell: { t }, row }: { readonly shell: Shell; readonly row: HealthRowModel }) {
  const required = row.level === 'required';
  const [tone, result] = row.ok ? (['ready', 'health.holds'] as const) : required ? (['failed', 'health.fails'] as const) : (['pending', 'health.weak'] as const);
  return (
    <tr>
      <th scope="row">{row.name}</th>
      <td data-label={t('health.columnResult')}><span class={`badge ${tone}`}>{t(result)}</span> {!required ? <span class="badge">{t('health.advice')}</span> : null}</td>
      <td data-label={t('health.columnDetail')}>{row.detail}</td>
      <td data-label={t('health.columnTime')}><Time at={row.at} none="" /></td>
      <td data-label={t('health.columnTook')} class="tight">{t('health.took', { seconds: (row.ms / 1000).toFixed(1) })}</td>
    </tr>
  );
}

function Backups({ shell, m }: { readonly shell: Shell; readonly m: BackupsModel }) {
  const { t, urls } = shell;
  const rows = m.last?.rows;
  return (
    <section aria-labelledby="backups">
      <h2 id="backups">{t('backups.title')}</h2>
      {m.failure === null ? null : <p class="note bad" role="alert">{t('backups.failed', { reason: m.failure.reason })} <Time at={m.failure.at} none="" /></p>}
      <p>{m.everyMs === 0 ? t('backups.never') : t('backups.every', { hours: String(Math.round(m.everyMs / 360_000) / 10), days: String(m.days) })}</p>
      <div class="actions">
        <Post shell={shell} action={urls.adminBackups} class="inline"><button type="submit" disabled={m.running}>{t('backups.now')}</button></Post>
        {m.running ? <span role="status">{t('backups.running')}</span> : null}
        <span>{t('backups.last')} <Time at={m.files[0]?.at ?? null} none={t('health.never')} /></span>
        {rows === undefined ? null : <span>{t('backups.rows', { users: String(rows['users'] ?? 0), tokens: String(rows['tokens'] ?? 0), servers: String(rows['servers'] ?? 0) })}</span>}
      </div>
      {m.files.length === 0 ? null : <BackupFiles t={t} files={m.files} />}
    </section>
  );
}

const BackupFiles = ({ t, files }: { readonly t: Shell['t']; readonly files: BackupsModel['files'] }) => (
  <div class="scroll">
    <table>
      <caption>{t('backups.caption')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('backups.columnName')}</th>
          <th scope="col">{t('health.columnTime')}</th>
          <th scope="col">{t('backups.columnSize')}</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.name}>
            <th scope="row">{file.name}</th>
            <td data-label={t('health.columnTime')}><Time at={file.at} none="" /></td>
            <td data-label={t('backups.columnSize')} class="tight">{(file.bytes / 1024 ** 2).toFixed(1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
