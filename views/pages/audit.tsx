import { AUDIT_KINDS, chainEndText, visible, type AuditKind, type AuditRow, type ChainEnd } from '../../hub/domain/audit';
import { Empty } from '../components/amounts';
import { Pills } from '../components/lists';
import { Post } from '../components/form';
import { Time } from '../components/time';
import type { MessageKey } from '../i18n';
import { deedKey } from '../i18n/audit';
import { Layout, type Shell } from '../layout';

/** What was typed into the filter, as it is shown again. */
export type AuditFields = Readonly<Record<'q' | 'actor' | 'action' | 'target' | 'from' | 'until', string>>;

export const AUDIT_RANGES = ['today', '7d', '30d'] as const;
export type AuditRange = (typeof AUDIT_RANGES)[number];

export interface AuditModel {
  readonly rows: readonly AuditRow[];
  /** Where older entries begin; null: these are the oldest. */
  readonly next: number | null;
  readonly head: ChainEnd;
  readonly fields: AuditFields;
  /** undefined: everything. */
  readonly kind: AuditKind | undefined;
  /** undefined: since the beginning, or as the days of the filter say. */
  readonly range: AuditRange | undefined;
  /** Entries of each kind in the chosen time, whatever else is asked for. */
  readonly counts: Readonly<Record<AuditKind, number>>;
  /** This is the newest page. */
  readonly first: boolean;
}

const RESULTS: Readonly<Record<AuditRow['result'], MessageKey>> = { ok: 'audit.result.ok', denied: 'audit.result.denied', failed: 'audit.result.failed' };

interface Part {
  readonly shell: Shell;
  readonly m: AuditModel;
}

export function auditPage(shell: Shell, m: AuditModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('audit.title')} width="wide" {...(m.first ? { live: ['audit'] as const } : {})}>
      <Filter shell={shell} m={m} />
      <Choices shell={shell} m={m} />
      {m.rows.length === 0 ? <Empty title={t('audit.none')}><p>{t('audit.noneExplain')}</p></Empty> : <Table shell={shell} m={m} />}
      <Pages shell={shell} m={m} />
      <p>{t('audit.head')} <code class="secret">{chainEndText(m.head)}</code></p>
      <Export shell={shell} />
    </Layout>
  );
}

/** Address of this list with something else; undefined takes a part away. */
function at({ shell: { urls }, m }: Part, change: Readonly<Record<string, string | undefined>>): string {
  const asked = { ...m.fields, kind: m.kind, range: m.range, ...change };
  const query = new URLSearchParams(Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
  return query.size === 0 ? urls.adminAudit : `${urls.adminAudit}?${query}`;
}

function Choices({ shell, m }: Part) {
  const { t } = shell;
  const all = Object.values(m.counts).reduce((sum, n) => sum + n, 0);
  const kinds = [undefined, ...AUDIT_KINDS.filter((kind) => m.counts[kind] > 0 || kind === m.kind)];
  return (
    <>
      <Pills label={t('audit.range')} pills={[undefined, ...AUDIT_RANGES].map((range) => ({ text: t(`audit.range.${range ?? 'all'}`), href: at({ shell, m }, { range, ...(range === undefined ? {} : { from: undefined }) }), chosen: range === m.range }))} />
      <Pills label={t('audit.kinds')} pills={kinds.map((kind) => ({ text: t(`audit.kind.${kind ?? 'all'}`), count: kind === undefined ? all : m.counts[kind], href: at({ shell, m }, { kind }), chosen: kind === m.kind }))} />
    </>
  );
}

function Filter({ shell, m }: Part) {
  const { t, urls } = shell;
  const { fields } = m;
  const text = (name: 'q' | 'actor' | 'action' | 'target', label: MessageKey) => (
    <div class="field">
      <label for={name}>{t(label)}</label>
      <input id={name} name={name} type="search" value={fields[name]} maxLength={255} />
    </div>
  );
  const day = (name: 'from' | 'until', label: MessageKey) => (
    <div class="field">
      <label for={name}>{t(label)}</label>
      <input id={name} name={name} type="date" value={fields[name]} />
    </div>
  );
  const narrowed = Object.entries(fields).some(([name, value]) => name !== 'q' && value !== '');
  return (
    <form method="get" action={urls.adminAudit} role="search">
      {m.kind === undefined ? null : <input type="hidden" name="kind" value={m.kind} />}
      {m.range === undefined ? null : <input type="hidden" name="range" value={m.range} />}
      <div class="filters">
        {text('q', 'audit.search')}
        <button type="submit">{t('audit.filter')}</button>
        {at({ shell, m }, {}) === urls.adminAudit ? null : <a href={urls.adminAudit}>{t('audit.all')}</a>}
      </div>
      <details class="add" open={narrowed}>
        <summary>{t('audit.more')}</summary>
        <div class="filters">{text('actor', 'audit.actor')} {text('action', 'audit.action')} {text('target', 'audit.target')} {day('from', 'audit.from')} {day('until', 'audit.until')}</div>
      </details>
    </form>
  );
}

function Table({ shell: { t }, m }: Part) {
  return (
    <div class="scroll">
      <table class="dense">
        <caption>{t('audit.caption', { id: m.head.id })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('audit.columnTime')}</th>
            <th scope="col">{t('audit.actor')}</th>
            <th scope="col">{t('audit.action')}</th>
            <th scope="col">{t('audit.columnResult')}</th>
            <th scope="col" class="drop-1">{t('audit.columnFrom')}</th>
            <th scope="col">{t('audit.columnDetail')}</th>
          </tr>
        </thead>
        <tbody>{m.rows.map((row) => <Row key={row.id} t={t} row={row} />)}</tbody>
      </table>
    </div>
  );
}

const WHO: Readonly<Record<string, MessageKey>> = { hub: 'audit.who.hub', local: 'audit.who.local', anonymous: 'audit.who.anonymous' };
const whoOf = (t: Shell['t'], { actor, actorKind }: AuditRow): string => {
  const key = WHO[actorKind];
  if (key !== undefined) return t(key);
  return actorKind === 'user' ? actor : `${actorKind}:${actor}`;
};
/** `user:alice` is alice, and `server:alice/` her server. What is done to the hub itself needs no name. */
const shortOf = (target: string): string => (target === 'hub' || target === 'audit' ? '' : target.replace(/^[a-z-]+:/, '').replace(/\/$/, ''));

/** Names, addresses and details may have come from anybody: shown as text, without anything that moves it about (R03, A16). */
function Row({ t, row }: { readonly t: Shell['t']; readonly row: AuditRow }) {
  const key = deedKey(row.action);
  return (
    <tr>
      <td data-label={t('audit.columnTime')}><Time at={row.at} none="" /></td>
      <td data-label={t('audit.actor')} class="short"><bdi>{visible(whoOf(t, row))}</bdi> {row.via === '' || row.via === row.actorKind ? null : <small>{t('audit.via', { via: row.via })}</small>}</td>
      <th scope="row">
        {key === undefined ? <code>{visible(row.action)}</code> : <>{t(key)}{shortOf(row.target) === '' ? null : <>: <bdi>{visible(shortOf(row.target))}</bdi></>}</>}
        <span class="hint"><code>{visible(row.action)}</code> · <bdi>{visible(row.target)}</bdi></span>
      </th>
      <td data-label={t('audit.columnResult')}><span class={`badge ${row.result}`}>{t(RESULTS[row.result])}</span></td>
      <td data-label={t('audit.columnFrom')} class="short drop-1"><bdi>{row.address === '' ? '–' : visible(row.address)}</bdi></td>
      <td data-label={t('audit.columnDetail')} class="roomy"><Details detail={row.detail} /></td>
    </tr>
  );
}

/** A line each, so that no value can pass for a further entry. */
function Details({ detail }: Pick<AuditRow, 'detail'>) {
  const entries = Object.entries(detail);
  if (entries.length === 0) return <>–</>;
  return <>{entries.map(([name, value]) => <div key={name}><small>{visible(name)}:</small> <bdi>{visible(typeof value === 'string' ? value : JSON.stringify(value))}</bdi></div>)}</>;
}

function Pages({ shell, m }: Part) {
  const { t } = shell;
  if (m.first && m.next === null) return null;
  return (
    <nav class="actions" aria-label={t('audit.pages')}>
      {m.first ? null : <a class="button quiet" rel="prev" href={at({ shell, m }, {})}>{t('audit.newest')}</a>}
      {m.next === null ? null : <a class="button quiet" rel="next" href={at({ shell, m }, { before: String(m.next) })}>{t('audit.older')}</a>}
    </nav>
  );
}

function Export({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="export">
      <h2 id="export">{t('audit.exportTitle')}</h2>
      <p>{t('audit.exportExplain')}</p>
      <Post shell={shell} action={urls.adminAuditExport} class="filters" file>
        <div class="field">
          <label for="export-from">{t('audit.from')}</label>
          <input id="export-from" name="from" type="date" />
        </div>
        <button type="submit" name="format" value="jsonl" class="quiet">{t('audit.exportJsonl')}</button>
        <button type="submit" name="format" value="csv" class="quiet">{t('audit.exportCsv')}</button>
      </Post>
    </section>
  );
}
