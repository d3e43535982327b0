import type { ServerState } from '../../hub/domain/server';
import type { UserStatus } from '../../hub/domain/user';
import { Field, Post, Problem } from '../components/form';
import { AgainLinks, LogLink, shownState, StateBadge } from '../components/server';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly status: UserStatus;
  readonly admin: boolean;
  readonly researcher: boolean;
  readonly lastActivity: Date | null;
  /** State of the default server; null: never started. */
  readonly server: ServerState | null;
  /** The one who looks at the page: may not disable or delete themselves. */
  readonly self: boolean;
}

export interface UsersModel {
  readonly pending: readonly { readonly id: string; readonly name: string; readonly created: Date }[];
  readonly users: readonly UserRow[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly search: string;
  readonly mayManage: boolean;
  readonly problem: string | undefined;
}

export function usersPage(shell: Shell, m: UsersModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('users.title')}>
      <Problem text={m.problem} />
      {m.pending.length === 0 ? null : <Pending shell={shell} m={m} />}
      <section aria-labelledby="accounts">
        <h2 id="accounts">{t('users.listTitle')}</h2>
        <Search shell={shell} m={m} />
        {m.users.length === 0 ? <p>{t('users.none')}</p> : <Table shell={shell} m={m} />}
        <Pages shell={shell} m={m} />
      </section>
      {m.mayManage ? <Create shell={shell} /> : null}
    </Layout>
  );
}

interface Part {
  readonly shell: Shell;
  readonly m: UsersModel;
}

function Pending({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="waiting">
      <h2 id="waiting">{t('users.pendingTitle')}</h2>
      <ul class="stages">
        {m.pending.map((user) => (
          <li key={user.id}>
            <strong><bdi>{user.name}</bdi></strong> <Time at={user.created} none="" />
            <Post shell={shell} action={urls.adminUser(user.id, 'approve')} class="inline"><button type="submit" aria-label={`${t('users.approve')} ${user.name}`}>{t('users.approve')}</button></Post>
            <Post shell={shell} action={urls.adminUser(user.id, 'discard')} class="inline"><button type="submit" class="danger" aria-label={`${t('users.discard')} ${user.name}`}>{t('users.discard')}</button></Post>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Search({ shell: { t, urls }, m }: Part) {
  return (
    <form method="get" action={urls.adminUsers} role="search" class="inline">
      <label for="q">{t('users.search')}</label>
      <input id="q" name="q" type="search" value={m.search} maxLength={255} />
      <button type="submit" class="quiet">{t('users.searchSubmit')}</button>
    </form>
  );
}

function Table({ shell, m }: Part) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <caption>{t('users.range', { from: m.offset + 1, to: m.offset + m.users.length, total: m.total })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('users.columnName')}</th>
            <th scope="col">{t('users.columnStatus')}</th>
            <th scope="col">{t('users.columnSeen')}</th>
            <th scope="col">{t('users.columnServer')}</th>
            <th scope="col">{t('users.columnActions')}</th>
          </tr>
        </thead>
        <tbody>{m.users.map((user) => <Row key={user.id} shell={shell} m={m} user={user} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ shell, m, user }: Part & { readonly user: UserRow }) {
  const { t } = shell;
  return (
    <tr>
      <th scope="row"><bdi>{user.name}</bdi></th>
      <td data-label={t('users.columnStatus')}>
        <span class={`badge ${user.status}`}>{t(`status.${user.status}`)}</span> {user.admin ? <span class="badge">{t('users.admin')}</span> : null}{' '}
        {user.researcher ? <span class="badge">{t('users.researcher')}</span> : null}
      </td>
      <td data-label={t('users.columnSeen')}><Time at={user.lastActivity} none={t('users.never')} /></td>
      <td data-label={t('users.columnServer')}>
        {user.server === null ? '–' : <><StateBadge state={user.server} t={t} /><ServerActions shell={shell} user={user} state={user.server} /></>}
      </td>
      <td data-label={t('users.columnActions')} class="roomy">{m.mayManage && user.status !== 'pending' ? <Manage shell={shell} user={user} /> : '–'}</td>
    </tr>
  );
}

function ServerActions({ shell, user, state }: { readonly shell: Shell; readonly user: UserRow; readonly state: ServerState }) {
  const { t, urls } = shell;
  const named = { shell, user: user.name, server: '', name: user.name };
  const shown = shownState(state);
  const stop = <Post shell={shell} action={urls.stop(user.name)} class="inline"><button type="submit" class="danger" aria-label={t('server.stopNamed', { name: user.name })}>{t('server.stop')}</button></Post>;
  if (shown === 'ready') return <div class="actions"><a href={user.self ? urls.server(user.name) : urls.access(user.name)}>{t('users.open')}</a><LogLink {...named} /><AgainLinks {...named} />{stop}</div>;
  if (shown === 'stuck') return <div class="actions">{stop}</div>;
  // How its last life ended, and its progress while it begins one.
  const where = shown === 'stopped' || shown === 'failed' ? 'end.title' : 'server.watch';
  return <div class="actions"><a href={urls.spawnPending(user.name)} aria-label={`${t(where)}: ${user.name}`}>{t(where)}</a></div>;
}

function Manage({ shell, user }: { readonly shell: Shell; readonly user: UserRow }) {
  const { t, urls } = shell;
  const button = (action: string, text: string, danger = false) => (
    <Post shell={shell} action={urls.adminUser(user.id, action)} class="inline"><button type="submit" class={danger ? 'danger' : 'quiet'}>{text}</button></Post>
  );
  return (
    <details>
      <summary aria-label={t('users.manageNamed', { name: user.name })}>{t('users.manage')}</summary>
      <div class="actions">
        {button('reset', t('users.reset'))}
        <a class="button quiet" href={urls.adminSessions(user.id)}>{t('nav.sessions')}</a>
        <a class="button quiet" href={urls.volumes(user.name)}>{t('nav.volumes')}</a>
        {user.researcher ? button('researcher-off', t('users.removeResearcher')) : button('researcher-on', t('users.makeResearcher'))}
        {user.admin ? button('admin-off', t('users.removeAdmin')) : button('admin-on', t('users.makeAdmin'))}
        {user.self ? null : user.status === 'disabled' ? button('enable', t('users.enable')) : button('disable', t('users.disable'), true)}
      </div>
      {user.self ? null : <Delete shell={shell} user={user} />}
    </details>
  );
}

function Delete({ shell, user }: { readonly shell: Shell; readonly user: UserRow }) {
  const { t, urls } = shell;
  return (
    <details>
      <summary>{t('users.delete')}</summary>
      <Post shell={shell} action={urls.adminUser(user.id, 'delete')}>
        <fieldset>
          <legend>{t('users.deleteExplain')}</legend>
          <label class="choice"><input type="radio" name="volumes" value="keep" required /> {t('users.deleteKeep')}</label>
          <label class="choice"><input type="radio" name="volumes" value="remove" required /> {t('users.deleteRemove')}</label>
        </fieldset>
        <button type="submit" class="danger">{t('users.deleteSubmit', { name: user.name })}</button>
      </Post>
    </details>
  );
}

function Create({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="create">
      <h2 id="create">{t('users.createTitle')}</h2>
      <Post shell={shell} action={urls.adminUsers}>
        <Field id="username" label={t('field.username')} autoComplete="off" maxLength={255} />
        <label class="choice"><input type="checkbox" name="admin" value="yes" /> {t('users.createAdmin')}</label>
        <button type="submit">{t('users.createSubmit')}</button>
      </Post>
    </section>
  );
}

function Pages({ shell: { t, urls }, m }: Part) {
  const at = (offset: number): string => `${urls.adminUsers}?${new URLSearchParams({ ...(m.search === '' ? {} : { q: m.search }), offset: String(offset) })}`;
  if (m.total <= m.limit && m.offset === 0) return null;
  return (
    <nav class="actions" aria-label={t('users.pages')}>
      {m.offset > 0 ? <a rel="prev" href={at(Math.max(0, m.offset - m.limit))}>{t('users.previous')}</a> : null}
      {m.offset + m.limit < m.total ? <a rel="next" href={at(m.offset + m.limit)}>{t('users.next')}</a> : null}
    </nav>
  );
}
