import { SECTIONS, type GroupPolicy, type Section } from '../../hub/domain/policy';
import { Empty } from '../components/amounts';
import { Field, Post, Problem } from '../components/form';
import { Pager } from '../components/lists';
import { sectionNames } from '../components/policy';
import { Layout, type Shell } from '../layout';

export interface GroupRow {
  readonly name: string;
  readonly rank: number;
  readonly members: number;
  readonly roles: readonly string[];
  /** Sections that give something, whoever says so. */
  readonly gives: readonly Section[];
  readonly builtIn: boolean;
}

export interface OutdatedRow {
  readonly owner: string;
  readonly name: string;
  readonly sections: readonly Section[];
}

export interface GroupsModel {
  readonly rows: readonly GroupRow[];
  readonly total: number;
  /** Groups there are, whatever is searched for. */
  readonly all: number;
  readonly offset: number;
  readonly limit: number;
  readonly search: string;
  readonly outdated: readonly OutdatedRow[];
  readonly mayChange: boolean;
  readonly problem: string | undefined;
}

/** Sections of all of these policies that are on. */
export const givesOf = (policies: readonly (GroupPolicy | null)[]): readonly Section[] => SECTIONS.filter((section) => policies.some((policy) => policy?.[section].on));

export function groupsPage(shell: Shell, m: GroupsModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('groups.title')} live={['groups', 'servers']}>
      <Problem text={m.problem} />
      <p class="lead">{t('groups.lead')}</p>
      {m.outdated.length === 0 ? null : <div class="note warn">{t('groups.outdated', { count: m.outdated.length })}<OutdatedList t={t} servers={m.outdated} /></div>}
      <Search shell={shell} m={m} />
      {m.total > 0 ? <Table shell={shell} m={m} /> : m.search !== '' ? <Empty title={t('groups.noMatch')} /> : <Empty title={t('groups.none')}><p>{t('groups.noneExplain')}</p></Empty>}
      <Pages shell={shell} m={m} />
      <div class="grid">
        {m.mayChange ? <Create shell={shell} /> : null}
        <Transfer shell={shell} />
      </div>
      <Rules t={t} />
    </Layout>
  );
}

interface Part {
  readonly shell: Shell;
  readonly m: GroupsModel;
}

const SHOWN = 20;

export function OutdatedList({ t, servers }: { readonly t: Shell['t']; readonly servers: readonly OutdatedRow[] }) {
  return (
    <ul class="chips">
      {servers.slice(0, SHOWN).map(({ owner, name, sections }) => <li key={`${owner}/${name}`} class="badge"><bdi>{owner}{name === '' ? '' : ` / ${name}`}</bdi>: {sectionNames(sections, t)}</li>)}
      {servers.length > SHOWN ? <li class="badge">{t('groups.more', { count: servers.length - SHOWN })}</li> : null}
    </ul>
  );
}

function Search({ shell: { t, urls }, m }: Part) {
  if (m.all <= 1 && m.search === '') return null;
  return (
    <form method="get" action={urls.adminGroups} role="search" class="filters">
      <div class="field"><label for="q">{t('groups.search')}</label><input id="q" name="q" type="search" value={m.search} maxLength={255} /></div>
      <button type="submit" class="quiet">{t('groups.searchSubmit')}</button>
      {m.search === '' ? null : <a href={urls.adminGroups}>{t('groups.filtered')}</a>}
    </form>
  );
}

function Table({ shell, m }: Part) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <caption>{t('groups.caption')}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">{t('groups.columnRank')}</th>
            <th scope="col">{t('groups.columnName')}</th>
            <th scope="col" class="number">{t('groups.columnMembers')}</th>
            <th scope="col" class="drop-1">{t('groups.columnRoles')}</th>
            <th scope="col">{t('groups.columnPolicy')}</th>
            {m.mayChange ? <th scope="col">{t('groups.columnOrder')}</th> : null}
          </tr>
        </thead>
        <tbody>{m.rows.map((row) => <Row key={row.name} shell={shell} m={m} row={row} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ shell, m, row }: Part & { readonly row: GroupRow }) {
  const { t, urls } = shell;
  return (
    <tr>
      <td class="number" data-label={t('groups.columnRank')}>{row.rank}</td>
      <th scope="row"><a href={urls.adminGroup(row.name)}><bdi>{row.name}</bdi></a> {row.builtIn ? <span class="badge">{t('groups.builtIn')}</span> : null}</th>
      <td class="number" data-label={t('groups.columnMembers')}>{row.members}</td>
      <td class="drop-1 short" data-label={t('groups.columnRoles')}>{row.roles.length === 0 ? '–' : row.roles.join(', ')}</td>
      <td data-label={t('groups.columnPolicy')}><Gives t={t} gives={row.gives} /></td>
      {m.mayChange ? <td data-label={t('groups.columnOrder')} class="tight"><Order shell={shell} m={m} row={row} /></td> : null}
    </tr>
  );
}

export function Gives({ t, gives }: { readonly t: Shell['t']; readonly gives: readonly Section[] }) {
  if (gives.length === 0) return <>–</>;
  return <ul class="chips">{gives.map((section) => <li key={section} class={section === 'docker' ? 'badge bad' : 'badge'}>{t(`groups.section.${section}`)}</li>)}</ul>;
}

/** While rows are hidden, one place up would mean something else than it looks like. */
function Order({ shell, m, row }: Part & { readonly row: GroupRow }) {
  const { t, urls } = shell;
  const button = (direction: 'up' | 'down', end: boolean) => {
    const off = end || m.search !== '';
    return (
      <button type="submit" name="direction" value={direction} class="quiet" disabled={off} title={m.search === '' ? undefined : t('groups.filtered')} aria-label={t(`groups.${direction}Named`, { name: row.name })}>
        {direction === 'up' ? '↑' : '↓'}
      </button>
    );
  };
  return <Post shell={shell} action={urls.adminGroupAct(row.name, 'move')} class="inline" fields={{ offset: String(m.offset) }}>{button('up', row.rank === 1)}{button('down', row.rank === m.all)}</Post>;
}

function Pages({ shell: { t, urls }, m }: Part) {
  const at = (offset: number): string => `${urls.adminGroups}?${new URLSearchParams({ ...(m.search === '' ? {} : { q: m.search }), offset: String(offset) })}`;
  return <Pager t={t} offset={m.offset} limit={m.limit} total={m.total} at={at} />;
}

function Create({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="create">
      <h2 id="create">{t('groups.create')}</h2>
      <Post shell={shell} action={urls.adminGroups}>
        <Field id="name" label={t('groups.name')} autoComplete="off" maxLength={255} />
        <button type="submit">{t('groups.createSubmit')}</button>
      </Post>
    </section>
  );
}

function Transfer({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="transfer">
      <h2 id="transfer">{t('groups.transfer')}</h2>
      <p>{t('groups.transferExplain')}</p>
      <div class="actions">
        <Post shell={shell} action={urls.adminGroupsExport} class="inline" file><button type="submit" class="quiet">{t('groups.export')}</button></Post>
        <a class="button quiet" href={urls.adminGroupsImport}>{t('groups.import')}</a>
      </div>
    </section>
  );
}

const RULES = ['grants', 'limits', 'idle', 'environment', 'mounts', 'file', 'running'] as const;

export function Rules({ t }: { readonly t: Shell['t'] }) {
  return (
    <details class="panel">
      <summary>{t('groups.rules')}</summary>
      <ul>{RULES.map((rule) => <li key={rule}>{t(`groups.rule.${rule}`)}</li>)}</ul>
    </details>
  );
}
