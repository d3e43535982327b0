import type { IdleVerdict } from '../../hub/domain/idleness';
import { endOf } from '../../hub/domain/idleness';
import { span } from '../../hub/domain/idleness-words';
import type { ServerState } from '../../hub/domain/server';
import type { UsageNow } from '../../hub/domain/usage';
import { Empty } from '../components/amounts';
import { Post, Problem } from '../components/form';
import { IdleSentence } from '../components/idleness';
import { GroupField, PAGE_SIZES, Pager, Pills, SortHead } from '../components/lists';
import { StateBadge } from '../components/server';
import { Time } from '../components/time';
import { bytes, type Translate } from '../i18n';
import { Layout, type Shell } from '../layout';

export interface ServerListRow {
  readonly user: string;
  /** Empty: the default one. */
  readonly name: string;
  readonly state: ServerState;
  readonly profile: string | null;
  /** null: it does not run, or was not measured yet. */
  readonly usage: UsageNow | null;
  readonly volumeBytes: number | null;
  readonly lastActivity: Date | null;
  /** null: it is not running. */
  readonly idle: { readonly verdict: IdleVerdict; readonly near: boolean } | null;
  /** Of the reader. */
  readonly own: boolean;
  readonly mayStart: boolean;
  readonly mayStop: boolean;
}

export const SERVER_STATES = ['running', 'soon', 'queued', 'starting', 'stopping', 'failed', 'stopped'] as const;
export type ServerPill = (typeof SERVER_STATES)[number];

/** What the list is asked for, as it stands in the address; empty and undefined: everything. */
export interface ServersQuery {
  readonly user: string;
  readonly group: string;
  readonly profile: string;
  readonly state: ServerPill | undefined;
  readonly sort: string;
}

export interface ServersModel {
  readonly rows: readonly ServerListRow[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly query: ServersQuery;
  readonly counts: Readonly<Record<ServerPill | 'all', number>>;
  readonly profiles: readonly { readonly slug: string; readonly title: string }[];
  /** Offered while one is typed; null: the reader may not ask by group. */
  readonly groups: readonly string[] | null;
  /** The reader may start, stop and write to what is ticked. */
  readonly may: { readonly start: boolean; readonly stop: boolean; readonly message: boolean };
  /** Most that are started or stopped in one go. */
  readonly most: number;
  readonly now: Date;
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: ServersModel;
}

const BULK = 'servers-bulk';

/** Everybody's servers: how they are, what they use, and when they end. */
export function serversPage(shell: Shell, m: ServersModel) {
  const { t, urls } = shell;
  const { query } = m;
  const filtered = query.user !== '' || query.group !== '' || query.profile !== '' || query.state !== undefined;
  return (
    <Layout {...shell} title={t('servers.title')} width="wide" live={['servers', 'usage', 'queue']}>
      <Problem text={m.problem} />
      <Search shell={shell} m={m} />
      <StatePills shell={shell} m={m} />
      {m.rows.length > 0 ? <Table shell={shell} m={m} /> : <Empty title={t(filtered ? 'servers.noMatch' : 'servers.none')}>{filtered ? <a href={urls.adminServers}>{t('people.showAll')}</a> : <p>{t('servers.noneExplain')}</p>}</Empty>}
      <div class="pages">
        <Pager t={t} offset={m.offset} limit={m.limit} total={m.total} at={(offset) => at(shell, m, { offset: String(offset) })} />
        <Sizes shell={shell} m={m} />
      </div>
      {m.rows.length > 0 ? <Bulk shell={shell} m={m} /> : null}
    </Layout>
  );
}

/** The same list with something changed about it. */
function at({ urls }: Shell, m: ServersModel, change: Readonly<Record<string, string | undefined>>): string {
  return urls.adminServersAt({ ...asked(m), limit: m.limit === PAGE_SIZES[0] ? undefined : m.limit, ...change });
}

const asked = ({ query }: ServersModel) => ({ user: query.user || undefined, group: query.group || undefined, profile: query.profile || undefined, state: query.state, sort: query.sort === 'name' ? undefined : query.sort });

function Search({ shell, m }: Part) {
  const { t, urls } = shell;
  const { user, group, profile, state, sort } = m.query;
  return (
    <form method="get" action={urls.adminServers} role="search" class="filters">
      <div class="field"><label for="user">{t('servers.user')}</label><input id="user" name="user" type="search" value={user} maxLength={255} /></div>
      <GroupField t={t} group={group} groups={m.groups} />
      {m.profiles.length < 2 ? null : (
        <div class="field">
          <label for="profile">{t('server.profile')}</label>
          <select id="profile" name="profile"><option value="">{t('servers.anyProfile')}</option>{m.profiles.map(({ slug, title }) => <option key={slug} value={slug} selected={slug === profile}>{title}</option>)}</select>
        </div>
      )}
      {state === undefined ? null : <input type="hidden" name="state" value={state} />}
      {sort === 'name' ? null : <input type="hidden" name="sort" value={sort} />}
      <button type="submit" class="quiet">{t('users.searchSubmit')}</button>
      {user === '' && group === '' && profile === '' ? null : <a href={urls.adminServers}>{t('people.showAll')}</a>}
      <a class="end" href={urls.adminServersExport(asked(m))}>{t('servers.csv')}</a>
    </form>
  );
}

/** What nothing is in is offered all the same, but for the moment in which a server stops. */
function StatePills({ shell, m }: Part) {
  const { t } = shell;
  const { counts } = m;
  const shown = SERVER_STATES.filter((state) => state !== 'stopping' || counts.stopping > 0 || m.query.state === state);
  const pills = [...shown.map((state) => ({ text: t(`servers.pill.${state}`), count: counts[state], href: at(shell, m, { state }), chosen: m.query.state === state })), { text: t('people.all'), count: counts.all, href: at(shell, m, { state: undefined }), chosen: m.query.state === undefined }];
  return <Pills pills={pills} label={t('servers.byState')} />;
}

function Sizes({ shell, m }: Part) {
  if (m.total <= PAGE_SIZES[0]) return null;
  return (
    <nav class="sizes" aria-label={shell.t('servers.perPage')}>
      <span class="hint">{shell.t('servers.perPage')}</span>
      {PAGE_SIZES.map((limit) => <a key={limit} href={at(shell, m, { limit: String(limit) })} aria-current={limit === m.limit ? 'true' : undefined}>{limit}</a>)}
    </nav>
  );
}

function Table({ shell, m }: Part) {
  const { t } = shell;
  const sortable = { sort: m.query.sort, at: (sort: string) => at(shell, m, { sort: sort === 'name' ? undefined : sort }) };
  return (
    <div class="scroll">
      <table class="dense">
        <caption>{t('users.range', { from: m.offset + 1, to: m.offset + m.rows.length, total: m.total })}</caption>
        <thead>
          <tr>
            <th scope="col" class="box"><input type="checkbox" data-all="server" form={BULK} aria-label={t('people.tickAll')} /></th>
            <SortHead text={t('servers.columnServer')} by="name" {...sortable} />
            <SortHead text={t('servers.columnState')} by="started" {...sortable} />
            <SortHead text={t('servers.columnCpu')} by="cpu" {...sortable} class="number" />
            <SortHead text={t('servers.columnMemory')} by="memory" {...sortable} class="number" />
            <SortHead text={t('servers.columnVolumes')} by="volumes" {...sortable} class="number drop-3" />
            <SortHead text={t('servers.columnActivity')} by="last_activity" {...sortable} class="drop-2" />
            <th scope="col">{t('servers.columnLeft')}</th>
            <th scope="col">{t('users.columnActions')}</th>
          </tr>
        </thead>
        <tbody>{m.rows.map((row) => <Row key={`${row.user}/${row.name}`} shell={shell} m={m} row={row} />)}</tbody>
      </table>
    </div>
  );
}

const fullName = ({ user, name }: Pick<ServerListRow, 'user' | 'name'>): string => `${user}/${name}`;
const spoken = ({ user, name }: Pick<ServerListRow, 'user' | 'name'>): string => (name === '' ? user : `${user}/${name}`);

function Row({ shell, m, row }: Part & { readonly row: ServerListRow }) {
  const { t, urls } = shell;
  return (
    <tr>
      <td class="box"><input type="checkbox" id={`tick-${fullName(row)}`} name="server" value={fullName(row)} form={BULK} aria-label={t('people.tick', { name: spoken(row) })} /></td>
      <th scope="row"><a href={urls.adminServer(row.user, row.name)}><bdi>{row.user}</bdi></a>{row.name === '' ? null : <> / <bdi>{row.name}</bdi></>}</th>
      <td data-label={t('servers.columnState')}><StateBadge state={row.state} t={t} /> <span class="hint"><Time at={row.state.since} none="" relative /></span></td>
      <td data-label={t('servers.columnCpu')} class={blank('number', row.usage?.cpus)}>{cpuText(row.usage, t)}</td>
      <td data-label={t('servers.columnMemory')} class={blank('number', row.usage)}>{memoryText(row.usage, t)}</td>
      <td data-label={t('servers.columnVolumes')} class={blank('number drop-3', row.volumeBytes)}>{row.volumeBytes === null ? '–' : bytes(row.volumeBytes)}</td>
      <td data-label={t('servers.columnActivity')} class="drop-2"><Time at={row.lastActivity} none={t('users.never')} relative /></td>
      <td data-label={t('servers.columnLeft')} class={blank('roomy', row.idle)}><TimeLeft row={row} now={m.now} t={t} /></td>
      <td data-label={t('users.columnActions')}><Actions shell={shell} row={row} /></td>
    </tr>
  );
}

/** With its limit; a dash for what is not known, which is not zero. */
export const cpuText = (usage: UsageNow | null, t: Translate): string => {
  if (usage === null || usage.cpus === null) return '–';
  const used = usage.cpus.toFixed(usage.cpus < 10 ? 1 : 0);
  return usage.cpuLimit === null ? used : t('servers.of', { used, limit: Number(usage.cpuLimit.toFixed(1)) });
};

export const memoryText = (usage: UsageNow | null, t: Translate): string => {
  if (usage === null) return '–';
  return usage.memoryLimit === null ? bytes(usage.memoryBytes) : t('servers.of', { used: bytes(usage.memoryBytes), limit: bytes(usage.memoryLimit) });
};

/** On a phone, where each cell is a line, one that says nothing is left out. */
const blank = (classes: string, value: unknown): string => (value === null || value === undefined ? `${classes} blank` : classes);

/** How long the server still has, and why. */
function TimeLeft({ row: { idle, state }, now, t }: { readonly row: ServerListRow; readonly now: Date; readonly t: Translate }) {
  if (idle === null) return <>–</>;
  const end = state.kind === 'ready' && idle.verdict.verdict !== 'keep' ? endOf(idle.verdict) : null;
  const left = end === null ? null : <span class={idle.near ? 'badge warn' : undefined}>{span(Math.max(0, end.getTime() - now.getTime()), t)}</span>;
  return <>{left} <span class={idle.near ? 'hint warn' : 'hint'}><IdleSentence verdict={idle.verdict} t={t} /></span></>;
}

function Actions({ shell, row }: { readonly shell: Shell; readonly row: ServerListRow }) {
  const { t, urls } = shell;
  const kind = row.state.kind;
  return (
    <div class="actions">
      {kind === 'ready' ? <a class="button quiet" href={row.own ? urls.server(row.user, row.name) : urls.access(row.user, row.name)} aria-label={t('servers.openNamed', { name: spoken(row) })}>{t('servers.open')}</a> : null}
      {row.mayStart && (kind === 'stopped' || kind === 'failed') ? (
        <Post shell={shell} action={urls.adminServersBulk} class="inline" fields={{ action: 'start', server: fullName(row), confirmed: 'yes', next: shell.here }}><button type="submit" class="quiet" aria-label={t('servers.startNamed', { name: spoken(row) })}>{t('servers.start')}</button></Post>
      ) : null}
      {row.mayStop && kind !== 'stopped' && kind !== 'failed' ? (
        <Post shell={shell} action={urls.adminServersBulk} class="inline" fields={{ action: 'stop', server: fullName(row), next: shell.here }}><button type="submit" class="danger" aria-label={t('server.stopNamed', { name: spoken(row) })}>{t('server.stop')}</button></Post>
      ) : null}
    </div>
  );
}

/** What is done to those that are ticked, and to all that the list would show. */
function Bulk({ shell, m }: Part) {
  const { t, urls } = shell;
  const startable = m.query.state === 'stopped' || m.query.state === 'failed' ? m.total : m.query.state === undefined ? m.counts.stopped + m.counts.failed : 0;
  const stoppable = m.query.state === undefined ? m.counts.running + m.counts.queued + m.counts.starting : ['running', 'soon', 'queued', 'starting'].includes(m.query.state) ? m.total : 0;
  return (
    <div class="panel bulk">
      <form method="post" action={urls.adminServersBulk} id={BULK} class="actions">
        <input type="hidden" name="_xsrf" value={shell.xsrf} />
        <input type="hidden" name="next" value={shell.here} />
        <span>{t('people.ticked')}</span>
        {m.may.start ? <button type="submit" name="action" value="start" class="quiet">{t('servers.start')}</button> : null}
        {m.may.message ? <button type="submit" name="action" value="message" class="quiet">{t('servers.message')}</button> : null}
        {m.may.stop ? <button type="submit" name="action" value="stop" class="danger">{t('server.stop')}</button> : null}
        <span class="hint">{t('people.askedFirst')}</span>
      </form>
      <div class="actions">
        {m.may.start ? <All shell={shell} m={m} action="start" count={startable} /> : null}
        {m.may.stop ? <All shell={shell} m={m} action="stop" count={stoppable} /> : null}
      </div>
    </div>
  );
}

function All({ shell, m, action, count }: Part & { readonly action: 'start' | 'stop'; readonly count: number }) {
  const { t, urls } = shell;
  const tooMany = count > m.most;
  const { sort: _sort, ...narrowed } = asked(m);
  return (
    <Post shell={shell} action={urls.adminServersBulk} class="inline" fields={{ action, all: 'yes', ...narrowed, next: shell.here }}>
      <button type="submit" class={action === 'stop' ? 'danger' : 'quiet'} disabled={count === 0 || tooMany} aria-describedby={`all-${action}`}>{t(`servers.all.${action}`, { count })}</button>
      <span class="hint" id={`all-${action}`}>{count === 0 ? t(`servers.allNone.${action}`) : tooMany ? t('servers.tooMany', { most: m.most }) : null}</span>
    </Post>
  );
}
