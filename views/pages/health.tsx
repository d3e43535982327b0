import { Post } from '../components/form';
import { Because } from '../components/said';
import { Time } from '../components/time';
import { isCheckName } from '../../hub/domain/checks';
import { Layout, type Shell } from '../layout';

export interface HealthRowModel {
  readonly name: string;
  readonly ok: boolean;
  readonly level: 'required' | 'advice';
  readonly detail: string;
  readonly at: Date;
  readonly ms: number;
  /** Never changes its meaning. */
  readonly code: string;
  /** Who put this warning aside. */
  readonly dismissed: { readonly by: string; readonly at: Date } | null;
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
    <Layout {...shell} title={t('health.title')} live={['health']} {...(m.running || m.backups.running ? { refreshSeconds: AGAIN_SECONDS } : {})}>
      <Summary t={t} m={m} />
      <div class="actions">
        <Post shell={shell} action={urls.adminHealth} class="inline"><button type="submit" disabled={m.running}>{t('health.check')}</button></Post>
        {m.running ? <span role="status">{t('health.running')}</span> : null}
        <span>{t('health.last')} <Time at={m.at} none={t('health.never')} /></span>
      </div>
      <Failing shell={shell} rows={m.rows.filter((row) => !row.ok && row.dismissed === null)} />
      <Holding shell={shell} rows={m.rows.filter(({ ok }) => ok)} />
      <Dismissed shell={shell} rows={m.rows.filter(({ dismissed }) => dismissed !== null)} />
      <Backups shell={shell} m={m.backups} />
    </Layout>
  );
}

function Summary({ t, m }: { readonly t: Shell['t']; readonly m: HealthModel }) {
  if (m.blocked !== null) return <p class="note bad" role="alert">{t('health.blocked')}</p>;
  if (m.at === null) return <p class="note warn">{t('health.first')}</p>;
  return <p class={`note ${m.ok ? 'ok' : 'warn'}`}>{t(m.ok ? 'health.allWell' : 'health.notAllWell')}</p>;
}

interface Rows {
  readonly shell: Shell;
  readonly rows: readonly HealthRowModel[];
}

const titleOf = (t: Shell['t'], { name }: HealthRowModel): string => (isCheckName(name) ? t(`check.title.${name}`) : name);

/** What somebody has to do something about, what is required first. */
function Failing({ shell, rows }: Rows) {
  const { t } = shell;
  const required = rows.filter(({ level }) => level === 'required');
  return <>{[...required, ...rows.filter((row) => !required.includes(row))].map((row) => <Failure key={row.name} shell={shell} row={row} t={t} />)}</>;
}

function Failure({ shell, row, t }: { readonly shell: Shell; readonly row: HealthRowModel; readonly t: Shell['t'] }) {
  const required = row.level === 'required';
  return (
    <section class="panel check" aria-labelledby={row.code}>
      <div class="heading">
        <h2 id={row.code}>{titleOf(t, row)} <code>{row.code}</code></h2>
        <span class={`badge ${required ? 'failed' : 'warn'}`}>{t(required ? 'health.fails' : 'health.weak')}</span>
      </div>
      <dl class="facts">
        <dt>{t('health.columnDetail')}</dt><dd lang="en">{row.detail}</dd>
        {isCheckName(row.name) ? <><dt>{t('health.remedy')}</dt><dd>{t(`check.remedy.${row.name}`)}</dd></> : null}
        <dt>{t('health.columnTime')}</dt><dd><Time at={row.at} none="" /></dd>
      </dl>
      {required ? null : <Aside shell={shell} row={row} />}
    </section>
  );
}

const Aside = ({ shell, row }: { readonly shell: Shell; readonly row: HealthRowModel }) =>
  shell.viewer?.auditor === true
    ? <Post shell={shell} action={shell.urls.adminHealthDismiss} fields={{ code: row.code, undo: row.dismissed === null ? undefined : '1' }} class="inline"><button type="submit" class="quiet" aria-label={`${shell.t(row.dismissed === null ? 'health.dismiss' : 'health.recall')}: ${row.code}`}>{shell.t(row.dismissed === null ? 'health.dismiss' : 'health.recall')}</button></Post>
    : null;

function Holding({ shell: { t }, rows }: Rows) {
  return (
    <div class="scroll">
      <table>
        <caption>{t('health.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('health.columnCheck')}</th>
            <th scope="col">{t('health.columnResult')}</th>
            <th scope="col">{t('health.columnDetail')}</th>
            <th scope="col">{t('health.columnTime')}</th>
            <th scope="col" class="drop-1">{t('health.columnTook')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{titleOf(t, row)} <code class="hint">{row.code}</code></th>
              <td data-label={t('health.columnResult')}><span class="badge ready">{t('health.holds')}</span>{row.level === 'required' ? null : <> <span class="badge">{t('health.advice')}</span></>}</td>
              <td data-label={t('health.columnDetail')} lang="en">{row.detail}</td>
              <td data-label={t('health.columnTime')}><Time at={row.at} none="" /></td>
              <td data-label={t('health.columnTook')} class="tight drop-1">{t('health.took', { seconds: (row.ms / 1000).toFixed(1) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Dismissed({ shell, rows }: Rows) {
  const { t } = shell;
  if (rows.length === 0) return null;
  return (
    <details class="add">
      <summary>{t('health.dismissed', { count: rows.length })}</summary>
      <ul class="settings">
        {rows.map((row) => (
          <li key={row.code}>
            <p><strong>{titleOf(t, row)}</strong> <code>{row.code}</code> <span class="hint">{t('health.dismissedBy', { name: row.dismissed?.by ?? '' })} <Time at={row.dismissed?.at ?? null} none="" /></span></p>
            <p lang="en">{row.detail}</p>
            <Aside shell={shell} row={row} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Backups({ shell, m }: { readonly shell: Shell; readonly m: BackupsModel }) {
  const { t, urls } = shell;
  const rows = m.last?.rows;
  return (
    <section aria-labelledby="backups">
      <h2 id="backups">{t('backups.title')}</h2>
      {m.failure === null ? null : <p class="note bad" role="alert"><Because t={t} text="backups.failed" reason={m.failure.reason} /> <Time at={m.failure.at} none="" /></p>}
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
