import type { ServerState } from '../../hub/domain/server';
import type { UserStatus } from '../../hub/domain/user';
import { Empty } from '../components/amounts';
import { Post, Problem } from '../components/form';
import { GroupField, PAGE_SIZES, Pager, Pills, SortHead } from '../components/lists';
import { StateBadge } from '../components/server';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly status: UserStatus;
  readonly admin: boolean;
  readonly researcher: boolean;
  readonly groups: readonly string[];
  readonly created: Date;
  readonly lastActivity: Date | null;
  /** State of the default server; null: never started. */
  readonly server: ServerState | null;
  /** The one who looks at the page: may not disable or delete themselves. */
  readonly self: boolean;
}

/** What the list is asked for, as it stands in the address; empty and absent: everything. */
export interface UsersQuery {
  readonly q: string;
  readonly group: string;
  readonly status: UserStatus | undefined;
  readonly sort: string;
}

export interface UsersModel {
  /** The first ones; `pendingTotal` counts all. */
  readonly pending: readonly { readonly id: string; readonly name: string; readonly created: Date }[];
  readonly pendingTotal: number;
  readonly users: readonly UserRow[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly query: UsersQuery;
  /** null: the reader may not know who is what. */
  readonly counts: Readonly<Record<UserStatus, number>> | null;
  /** Offered while one is typed; null: the reader may not ask by group. */
  readonly groups: readonly string[] | null;
  readonly mayManage: boolean;
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: UsersModel;
}

const STATUSES = ['active', 'pending', 'disabled'] as const;
const BULK = 'users-bulk';
const WAITING = 'waiting-bulk';
const FEW_GROUPS = 3;

export function usersPage(shell: Shell, m: UsersModel) {
  const { t, urls } = shell;
  const filtered = m.query.q !== '' || m.query.group !== '' || m.query.status !== undefined;
  return (
    <Layout {...shell} title={t('users.title')} width="wide" live={['users', 'groups', 'servers']}>
      <Problem text={m.problem} />
      {m.pendingTotal === 0 ? null : <Pending shell={shell} m={m} />}
      <section aria-labelledby="accounts">
        <div class="heading">
          <h2 id="accounts">{t('users.listTitle')}</h2>
          {m.mayManage ? <a class="button" href={urls.adminUsersAdd}>{t('people.add')}</a> : null}
        </div>
        <Search shell={shell} m={m} />
        {m.counts === null ? null : <StatusPills shell={shell} m={m} counts={m.counts} />}
        {m.users.length > 0 ? <Table shell={shell} m={m} /> : <Empty title={filtered ? t('people.noMatch') : t('people.nobody')}>{filtered ? <a href={urls.adminUsers}>{t('people.showAll')}</a> : null}</Empty>}
        <Pager t={t} offset={m.offset} limit={m.limit} total={m.total} at={(offset) => at(shell, m, { offset: String(offset) })} />
        {m.mayManage && m.users.length > 0 ? <Bulk shell={shell} /> : null}
      </section>
    </Layout>
  );
}

/** The same list with something changed about it. */
const at = ({ urls }: Shell, { query, limit }: UsersModel, change: Readonly<Record<string, string | undefined>>): string =>
  urls.adminUsersAt({ q: query.q || undefined, group: query.group || undefined, status: query.status, sort: query.sort === 'name' ? undefined : query.sort, limit: limit === PAGE_SIZES[0] ? undefined : limit, ...change });

function Pending({ shell, m }: Part) {
  const { t, urls } = shell;
  const act = (id: string, name: string, action: 'approve' | 'discard') => (
    <Post shell={shell} action={urls.adminUser(id, action)} class="inline"><button type="submit" class={action === 'discard' ? 'danger' : undefined} aria-label={`${t(`users.${action}`)} ${name}`}>{t(`users.${action}`)}</button></Post>
  );
  return (
    <section class="panel" aria-labelledby="waiting">
      <h2 id="waiting">{t('users.pendingTitle')} <span class="badge warn">{m.pendingTotal}</span></h2>
      <ul class="stages">
        {m.pending.map(({ id, name, created }) => (
          <li key={id}>
            {m.pending.length < 2 ? null : <input type="checkbox" id={`wait-${id}`} name="user" value={name} form={WAITING} aria-label={t('people.tick', { name })} />}
            <strong><a href={urls.adminUserPage(name)}><bdi>{name}</bdi></a></strong> <Time at={created} none="" relative />
            {act(id, name, 'approve')}
            {act(id, name, 'discard')}
          </li>
        ))}
      </ul>
      {m.pending.length < 2 ? null : (
        <form method="post" action={urls.adminUsersBulk} id={WAITING} class="actions">
          <input type="hidden" name="_xsrf" value={shell.xsrf} />
          <label class="inline"><input type="checkbox" data-all="user" /> {t('people.tickAll')}</label>
          <button type="submit" name="action" value="approve">{t('people.approveTicked')}</button>
          <button type="submit" name="action" value="discard" class="danger">{t('people.discardTicked')}</button>
        </form>
      )}
      {m.pendingTotal > m.pending.length ? <p class="hint">{t('people.morePending', { count: m.pendingTotal - m.pending.length })} <a href={urls.adminUsersAt({ status: 'pending' })}>{t('people.showPending')}</a></p> : null}
    </section>
  );
}

function Search({ shell: { t, urls }, m }: Part) {
  const { q, group, status, sort } = m.query;
  return (
    <form method="get" action={urls.adminUsers} role="search" class="filters">
      <div class="field"><label for="q">{t('users.search')}</label><input id="q" name="q" type="search" value={q} maxLength={255} /></div>
      <GroupField t={t} group={group} groups={m.groups} />
      {status === undefined ? null : <input type="hidden" name="status" value={status} />}
      {sort === 'name' ? null : <input type="hidden" name="sort" value={sort} />}
      <button type="submit" class="quiet">{t('users.searchSubmit')}</button>
      {q === '' && group === '' ? null : <a href={urls.adminUsers}>{t('people.showAll')}</a>}
    </form>
  );
}

function StatusPills({ shell, m, counts }: Part & { readonly counts: NonNullable<UsersModel['counts']> }) {
  const { t } = shell;
  const all = counts.active + counts.pending + counts.disabled;
  const chosen = m.query.status;
  const pills = [
    { text: t('people.all'), count: all, href: at(shell, m, { status: undefined }), chosen: chosen === undefined },
    ...STATUSES.map((status) => ({ text: t(`status.${status}`), count: counts[status], href: at(shell, m, { status }), chosen: chosen === status })),
  ];
  return <Pills pills={pills} label={t('people.byStatus')} />;
}

function Table({ shell, m }: Part) {
  const { t } = shell;
  const sortable = { sort: m.query.sort, at: (sort: string) => at(shell, m, { sort: sort === 'name' ? undefined : sort }) };
  return (
    <div class="scroll">
      <table>
        <caption>{t('users.range', { from: m.offset + 1, to: m.offset + m.users.length, total: m.total })}</caption>
        <thead>
          <tr>
            {m.mayManage ? <th scope="col" class="box"><input type="checkbox" data-all="user" form={BULK} aria-label={t('people.tickAll')} /></th> : null}
            <SortHead text={t('users.columnName')} by="name" {...sortable} />
            <th scope="col">{t('users.columnStatus')}</th>
            {m.groups === null ? null : <th scope="col" class="drop-1">{t('people.groups')}</th>}
            <SortHead text={t('people.created')} by="id" {...sortable} class="drop-2" />
            <SortHead text={t('users.columnSeen')} by="last_activity" {...sortable} />
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
  const { t, urls } = shell;
  const more = user.groups.length - FEW_GROUPS;
  return (
    <tr>
      {m.mayManage ? <td class="box">{user.self ? null : <input type="checkbox" id={`tick-${user.id}`} name="user" value={user.name} form={BULK} aria-label={t('people.tick', { name: user.name })} />}</td> : null}
      <th scope="row">{m.mayManage ? <a href={urls.adminUserPage(user.name)}><bdi>{user.name}</bdi></a> : <bdi>{user.name}</bdi>}</th>
      <td data-label={t('users.columnStatus')}>
        <span class={`badge ${user.status}`}>{t(`status.${user.status}`)}</span> {user.admin ? <span class="badge">{t('users.admin')}</span> : null}{' '}
        {user.researcher || user.status === 'pending' ? null : <span class="badge warn">{t('people.noLaunch')}</span>}
      </td>
      {m.groups === null ? null : (
        <td data-label={t('people.groups')} class="drop-1">
          {user.groups.length === 0 ? '–' : <span class="chips">{user.groups.slice(0, FEW_GROUPS).map((name) => <span class="badge" key={name}>{name}</span>)}{more > 0 ? <span title={user.groups.slice(FEW_GROUPS).join(', ')}>+{more}</span> : null}</span>}
        </td>
      )}
      <td data-label={t('people.created')} class="drop-2"><Time at={user.created} none="" relative /></td>
      <td data-label={t('users.columnSeen')}><Time at={user.lastActivity} none={t('users.never')} relative /></td>
      <td data-label={t('users.columnServer')}><Server shell={shell} user={user} /></td>
      <td data-label={t('users.columnActions')} class="short">{m.mayManage && user.status !== 'pending' ? <Manage shell={shell} user={user} /> : '–'}</td>
    </tr>
  );
}

function Server({ shell, user }: { readonly shell: Shell; readonly user: UserRow }) {
  const { t, urls } = shell;
  if (user.server === null) return <>–</>;
  return (
    <>
      <a href={urls.adminServer(user.name)} class="state"><StateBadge state={user.server} t={t} /></a>
      {user.server.kind !== 'ready' ? null : (
        <div class="actions">
          <a href={user.self ? urls.server(user.name) : urls.access(user.name)}>{t('users.open')}</a>
          <Post shell={shell} action={urls.stop(user.name)} class="inline"><button type="submit" class="danger" aria-label={t('server.stopNamed', { name: user.name })}>{t('server.stop')}</button></Post>
        </div>
      )}
    </>
  );
}

/** What is done most; everything else is on the user's own page. */
function Manage({ shell, user }: { readonly shell: Shell; readonly user: UserRow }) {
  const { t, urls } = shell;
  const button = (action: string, text: string, danger = false) => (
    <Post shell={shell} action={urls.adminUser(user.id, action)} class="inline"><button type="submit" class={danger ? 'danger' : 'quiet'}>{text}</button></Post>
  );
  return (
    <details>
      <summary aria-label={t('users.manageNamed', { name: user.name })}>{t('users.manage')}</summary>
      <div class="actions">
        <a class="button quiet" href={urls.adminUserPage(user.name)}>{t('people.details')}</a>
        <a class="button quiet" href={urls.adminSessions(user.id)}>{t('nav.sessions')}</a>
        <a class="button quiet" href={urls.volumes(user.name)}>{t('nav.volumes')}</a>
        {button('reset', t('users.reset'))}
        {user.researcher ? button('researcher-off', t('users.removeResearcher')) : button('researcher-on', t('users.makeResearcher'))}
        {user.admin ? button('admin-off', t('users.removeAdmin')) : button('admin-on', t('users.makeAdmin'))}
        {user.self ? null : user.status === 'disabled' ? button('enable', t('users.enable')) : button('disable', t('users.disable'), true)}
        {user.self ? null : <a class="button danger" href={urls.adminUserPage(user.name, 'delete')}>{t('users.delete')}</a>}
      </div>
    </details>
  );
}

function Bulk({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <form method="post" action={urls.adminUsersBulk} id={BULK} class="actions bulk">
      <input type="hidden" name="_xsrf" value={shell.xsrf} />
      <span>{t('people.ticked')}</span>
      <button type="submit" name="action" value="enable" class="quiet">{t('users.enable')}</button>
      <button type="submit" name="action" value="disable" class="danger">{t('users.disable')}</button>
      <span class="hint">{t('people.askedFirst')}</span>
    </form>
  );
}
