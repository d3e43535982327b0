import { Empty } from '../components/amounts';
import { Field, Post, Problem } from '../components/form';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface SessionRow {
  /** In words, of our own choice: `Firefox on Linux`. */
  readonly browser: string;
  readonly address: string;
  readonly created: Date;
  readonly lastSeen: Date;
  /** The one that looks at the page. */
  readonly current: boolean;
  readonly end: string;
}

export interface SessionsModel {
  readonly title: string;
  readonly sessions: readonly SessionRow[];
  readonly endAll: string;
  /** undefined: one's own sessions. */
  readonly back: string | undefined;
}

export function sessionsPage(shell: Shell, m: SessionsModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={m.title}>
      {m.sessions.length === 0 ? <Empty title={t('sessions.none')} /> : <Table shell={shell} m={m} />}
      <Post shell={shell} action={m.endAll} class="panel">
        <p>{t(m.back === undefined ? 'sessions.endAllExplain' : 'sessions.endAllExplainOther')}</p>
        <p class="actions">
          <button type="submit" class="danger">{t('sessions.endAll')}</button>
          {m.back === undefined ? null : <a class="button quiet" href={m.back}>{t('sessions.back')}</a>}
        </p>
      </Post>
    </Layout>
  );
}

function Table({ shell, m }: { readonly shell: Shell; readonly m: SessionsModel }) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('sessions.columnBrowser')}</th>
            <th scope="col">{t('sessions.columnAddress')}</th>
            <th scope="col">{t('sessions.columnCreated')}</th>
            <th scope="col">{t('sessions.columnSeen')}</th>
            <th scope="col">{t('sessions.columnActions')}</th>
          </tr>
        </thead>
        <tbody>{m.sessions.map((session) => <Row key={session.end} shell={shell} session={session} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ shell, session }: { readonly shell: Shell; readonly session: SessionRow }) {
  const { t } = shell;
  return (
    <tr>
      <th scope="row">{session.browser} {session.current ? <span class="badge">{t('sessions.current')}</span> : null}</th>
      <td data-label={t('sessions.columnAddress')}><bdi>{session.address}</bdi></td>
      <td data-label={t('sessions.columnCreated')}><Time at={session.created} none="" relative /></td>
      <td data-label={t('sessions.columnSeen')}><Time at={session.lastSeen} none="" relative /></td>
      <td data-label={t('sessions.columnActions')}>
        <Post shell={shell} action={session.end} class="inline">
          <button type="submit" class="quiet" aria-label={t('sessions.endNamed', { browser: session.browser, address: session.address })}>{t('sessions.end')}</button>
        </Post>
      </td>
    </tr>
  );
}

export interface ReauthModel {
  /** Where the form that was sent goes again. */
  readonly action: string;
  /** Its fields, in order. */
  readonly fields: readonly (readonly [string, string])[];
  /** Name of the password's field. */
  readonly field: string;
  readonly problem: string | undefined;
  readonly back: string;
}

/** Asks for the password and carries everything else along. */
export function reauthPage(shell: Shell, m: ReauthModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('reauth.title')} width="narrow">
      <Post shell={shell} action={m.action} class="panel">
        <Problem text={m.problem} />
        <p>{t('reauth.explain')}</p>
        {m.fields.map(([name, value], at) => <input key={`${at}:${name}`} type="hidden" name={name} value={value} />)}
        <input type="hidden" value={shell.viewer?.name ?? ''} autocomplete="username" />
        <Field id={m.field} label={t('reauth.password')} type="password" autoComplete="current-password" focus />
        <p class="actions">
          <button type="submit">{t('reauth.submit')}</button>
          <a class="button quiet" href={m.back}>{t('action.cancel')}</a>
        </p>
      </Post>
    </Layout>
  );
}
