import { chainEndText, visible, type AuditRow, type ChainEnd } from '../../hub/domain/audit';
import { Post } from '../components/form';
import { Time } from '../components/time';
import type { MessageKey } from '../i18n';
import { Layout, type Shell } from '../layout';

/** What was typed into the filter, as it is shown again. */
export type AuditFields = Readonly<Record<'actor' | 'action' | 'target' | 'from' | 'until', string>>;

export interface AuditModel {
  readonly rows: readonly AuditRow[];
  /** Where older entries begin; null: these are the oldest. */
  readonly next: number | null;
  readonly head: ChainEnd;
  readonly fields: AuditFields;
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
    <Layout {...shell} title={t('audit.title')} width="wide">
      <Filter shell={shell} m={m} />
      {m.rows.length === 0 ? <p>{t('audit.none')}</p> : <Table shell={shell} m={m} />}
      <Pages shell={shell} m={m} />
      <p>{t('audit.head')} <code class="secret">{chainEndText(m.head)}</code></p>
      <Export shell={shell} />
    </Layout>
  );
}

function Filter({ shell: { t, urls }, m: { fields } }: Part) {
  const text = (name: 'actor' | 'action' | 'target', label: MessageKey) => (
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
  return (
    <form method="get" action={urls.adminAudit} role="search" class="filters">
      {text('actor', 'audit.actor')} {text('action', 'audit.action')} {text('target', 'audit.target')} {day('from', 'audit.from')} {day('until', 'audit.until')}
      <button type="submit">{t('audit.filter')}</button>
      {Object.values(fields).some((value) => value !== '') ? <a href={urls.adminAudit}>{t('audit.all')}</a> : null}
    </form>
  );
}

function Table({ shell: { t }, m }: Part) {
  return (
    <div class="scroll">
      <table>
        <caption>{t('audit.caption', { id: m.head.id })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('audit.columnTime')}</th>
            <th scope="col">{t('audit.actor')}</th>
            <th scope="col">{t('audit.action')}</th>
            <th scope="col">{t('audit.target')}</th>
            <th scope="col">{t('audit.columnResult')}</th>
            <th scope="col">{t('audit.columnFrom')}</th>
            <th scope="col">{t('audit.columnDetail')}</th>
          </tr>
        </thead>
        <tbody>{m.rows.map((row) => <Row key={row.id} t={t} row={row} />)}</tbody>
      </table>
    </div>
  );
}

/** Names, addresses and details may have come from anybody: shown as text, without anything that moves it about (R03, A16). */
function Row({ t, row }: { readonly t: Shell['t']; readonly row: AuditRow }) {
  return (
    <tr>
      <td data-label={t('audit.columnTime')}><Time at={row.at} none="" /></td>
      <td data-label={t('audit.actor')} class="short"><bdi>{visible(row.actor === '' || row.actor === row.actorKind ? row.actorKind : `${row.actorKind}:${row.actor}`)}</bdi> {row.via === '' || row.via === row.actorKind ? null : <small>{t('audit.via', { via: row.via })}</small>}</td>
      <th scope="row" class="tight">{visible(row.action)}</th>
      <td data-label={t('audit.target')} class="roomy"><bdi>{visible(row.target)}</bdi></td>
      <td data-label={t('audit.columnResult')}><span class={`badge ${row.result}`}>{t(RESULTS[row.result])}</span></td>
      <td data-label={t('audit.columnFrom')} class="short"><bdi>{row.address === '' ? '–' : visible(row.address)}</bdi></td>
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

function Pages({ shell: { t, urls }, m }: Part) {
  const filled = Object.entries(m.fields).filter(([, value]) => value !== '');
  const at = (more: Readonly<Record<string, string>>): string => `${urls.adminAudit}?${new URLSearchParams({ ...Object.fromEntries(filled), ...more })}`;
  if (m.first && m.next === null) return null;
  return (
    <nav class="actions" aria-label={t('audit.pages')}>
      {m.first ? null : <a rel="prev" href={at({})}>{t('audit.newest')}</a>}
      {m.next === null ? null : <a rel="next" href={at({ before: String(m.next) })}>{t('audit.older')}</a>}
    </nav>
  );
}

function Export({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="export">
      <h2 id="export">{t('audit.exportTitle')}</h2>
      <p>{t('audit.exportExplain')}</p>
      <Post shell={shell} action={urls.adminAuditExport} class="filters">
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
