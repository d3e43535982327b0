import { tasksOf, type TokenTaskId } from '../../hub/domain/token-tasks';
import { Empty } from '../components/amounts';
import { Field, Post, Problem } from '../components/form';
import { Scopes } from '../components/scopes';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface TokenRow {
  readonly note: string;
  readonly scopes: readonly string[];
  readonly created: Date;
  readonly lastUsed: Date | null;
  readonly expires: Date | null;
  /** Where its revocation is sent. */
  readonly revoke: string;
}

/** What an application got when somebody signed in to it with their account here. */
export interface ApplicationRow extends Omit<TokenRow, 'expires'> {}

export interface TokenOffer {
  readonly id: TokenTaskId;
  readonly wide: boolean;
  /** Ticked when the form is shown. */
  readonly chosen: boolean;
}

export interface TokensModel {
  readonly tokens: readonly TokenRow[];
  readonly applications: readonly ApplicationRow[];
  readonly action: string;
  /** What the viewer may give a token. */
  readonly tasks: readonly TokenOffer[];
  /** Lifetimes that are offered, in days; null: it never ends. */
  readonly days: readonly (number | null)[];
  /** What the form holds when it comes back. */
  readonly given: { readonly note: string; readonly days: number | null; readonly scopes: string };
  /** Shown this once; undefined: none was made now. */
  readonly secret: string | undefined;
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: TokensModel;
}

/** One's own API tokens: what there is, a new one, and the end of one. */
export function tokensPage(shell: Shell, m: TokensModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('tokens.title')} {...(m.secret === undefined ? { live: ['tokens'] as const } : {})}>
      {m.secret === undefined ? null : <Fresh shell={shell} secret={m.secret} />}
      <p>{t('tokens.explain')} <a href={shell.urls.apiDocs()}>{t('tokens.api')}</a></p>
      <Maker shell={shell} m={m} />
      <h2>{t('tokens.yours')}</h2>
      {m.tokens.length === 0 ? <Empty title={t('tokens.none')}><p>{t('tokens.noneExplain')}</p></Empty> : <Table shell={shell} rows={m.tokens} head={t('tokens.note')} />}
      {m.applications.length === 0 ? null : (
        <>
          <h2>{t('tokens.applications')}</h2>
          <p class="hint">{t('tokens.applicationsExplain')}</p>
          <Table shell={shell} rows={m.applications.map((row) => ({ ...row, expires: undefined }))} head={t('tokens.application')} />
        </>
      )}
    </Layout>
  );
}

/** The page does not follow changes while it is there: the next rendering would be without it. */
function Fresh({ shell: { t }, secret }: { readonly shell: Shell; readonly secret: string }) {
  return (
    <div class="panel fresh" role="status">
      <p>{t('tokens.fresh')}</p>
      <p class="actions"><code class="secret" id="token">{secret}</code> <button type="button" class="quiet" data-copy="token" data-copied={t('tokens.copied')}>{t('tokens.copy')}</button></p>
    </div>
  );
}

function Maker({ shell, m }: Part) {
  const { t } = shell;
  const lifetime = (days: number | null): string => (days === null ? t('tokens.forever') : days === 1 ? t('tokens.day') : t('tokens.days', { days }));
  return (
    <Post shell={shell} action={m.action} class="panel">
      <Problem text={m.problem} />
      <div class="filters">
        <Field id="note" label={t('tokens.note')} maxLength={255} autoComplete="off" value={m.given.note} />
        <div class="field">
          <label for="days">{t('tokens.lifetime')}</label>
          <select id="days" name="days">{m.days.map((days) => <option key={days} value={days ?? 'never'} selected={days === m.given.days}>{lifetime(days)}</option>)}</select>
        </div>
      </div>
      <fieldset>
        <legend>{t('tokens.tasks')}</legend>
        <div class="tasks">{m.tasks.filter(({ wide }) => !wide).map((task) => <Task key={task.id} t={t} task={task} />)}</div>
      </fieldset>
      {m.tasks.some(({ wide }) => wide) ? (
        <fieldset>
          <legend>{t('tokens.wideTasks')}</legend>
          <div class="tasks">{m.tasks.filter(({ wide }) => wide).map((task) => <Task key={task.id} t={t} task={task} />)}</div>
        </fieldset>
      ) : null}
      <details open={m.given.scopes !== ''}>
        <summary>{t('tokens.advanced')}</summary>
        <div class="field">
          <label for="scopes">{t('tokens.scopes')}</label>
          <input id="scopes" name="scopes" type="text" autocomplete="off" spellcheck={false} aria-describedby="scopes-hint" value={m.given.scopes} />
          <p class="hint" id="scopes-hint">{t('tokens.scopesHint')}</p>
        </div>
      </details>
      <p class="actions"><button type="submit">{t('tokens.create')}</button></p>
    </Post>
  );
}

const Task = ({ t, task: { id, chosen } }: Pick<Shell, 't'> & { readonly task: TokenOffer }) => (
  <label class="choice"><input type="checkbox" name="task" value={id} checked={chosen} /> {t(`task.${id}`)}<span class="hint">{t(`task.${id}.more`)}</span></label>
);

type Row = Omit<TokenRow, 'expires'> & { readonly expires: Date | null | undefined };

function Table({ shell, rows, head }: { readonly shell: Shell; readonly rows: readonly Row[]; readonly head: string }) {
  const { t } = shell;
  const ends = rows.some(({ expires }) => expires !== undefined);
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{head}</th>
            <th scope="col">{t('tokens.columnMay')}</th>
            <th scope="col" class="drop-2">{t('tokens.columnCreated')}</th>
            <th scope="col">{t('tokens.columnUsed')}</th>
            {ends ? <th scope="col">{t('tokens.columnExpires')}</th> : null}
            <th scope="col">{t('tokens.columnActions')}</th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <TableRow key={row.revoke} shell={shell} row={row} ends={ends} />)}</tbody>
      </table>
    </div>
  );
}

function TableRow({ shell, row, ends }: { readonly shell: Shell; readonly row: Row; readonly ends: boolean }) {
  const { t } = shell;
  return (
    <tr>
      <th scope="row"><bdi>{row.note}</bdi></th>
      <td data-label={t('tokens.columnMay')} class="roomy"><May t={t} scopes={row.scopes} /></td>
      <td data-label={t('tokens.columnCreated')} class="drop-2"><Time at={row.created} none="" relative /></td>
      <td data-label={t('tokens.columnUsed')}><Time at={row.lastUsed} none={t('tokens.never')} relative /></td>
      {ends ? <td data-label={t('tokens.columnExpires')}><Time at={row.expires ?? null} none={t('tokens.never')} relative /></td> : null}
      <td data-label={t('tokens.columnActions')}>
        <Post shell={shell} action={row.revoke} class="inline">
          <button type="submit" class="danger" aria-label={t('tokens.revokeNamed', { note: row.note })}>{t('tokens.revoke')}</button>
        </Post>
      </td>
    </tr>
  );
}

/** In words where there are any; scopes as they are for whoever wants to know exactly. */
function May({ t, scopes }: Pick<Shell, 't'> & { readonly scopes: readonly string[] }) {
  const { tasks, rest } = tasksOf(scopes);
  return (
    <>
      {tasks.length === 0 ? null : <ul class="plain">{tasks.map((id) => <li key={id}>{t(`task.${id}`)}</li>)}</ul>}
      {rest.length === 0 ? null : <details><summary>{t('tokens.rest', { count: rest.length })}</summary><Scopes t={t} scopes={rest} /></details>}
    </>
  );
}
