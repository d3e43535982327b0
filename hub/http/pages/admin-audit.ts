import { AUDIT_RANGES, auditPage, type AuditRange } from '../../../views/pages/audit';
import { AUDIT_FORMATS, AUDIT_KINDS, type AuditFilter, type AuditFormat } from '../../domain/audit';
import { HubError } from '../../domain/errors';
import { sendAuditFile } from '../audit-file';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const PAGE = 50;
const MAX_TEXT = 255;
const DAY = 86_400_000;

/** The audit log: newest first, filtered, and an export that is a form, because it is recorded itself. */
export function auditRoutes(kit: Kit): readonly HubRoute[] {
  const { services, clock } = kit.deps;

  const show = async (x: Exchange): Promise<Reply> => {
    const asked = Number(x.query.get('before') ?? NaN);
    const before = Number.isSafeInteger(asked) && asked > 0 ? asked : undefined;
    const given = (name: string): string => (x.query.get(name) ?? '').slice(0, MAX_TEXT);
    const range = AUDIT_RANGES.find((one) => one === x.query.get('range'));
    const fields = { q: given('q'), actor: given('actor'), action: given('action'), target: given('target'), from: given('from'), until: given('until') };
    const kind = AUDIT_KINDS.find((one) => one === x.query.get('kind'));
    const since = range === undefined ? undefined : sinceOf(range, clock.now());
    const filter = { ...filterOf(fields), ...(kind === undefined ? {} : { kind }), ...(since === undefined ? {} : { from: since }) };
    const { rows, next, head } = await services.audit.search(actorOf(x), { filter, limit: PAGE, ...(before === undefined ? {} : { before }) });
    const counts = services.audit.counts(actorOf(x), filter);
    return kit.page(x, 200, (shell) => auditPage(shell, { rows, next, head, fields, kind, range, counts, first: before === undefined }));
  };

  const exported = (x: Exchange): Reply => {
    const format = x.form.one('format') ?? '';
    if (!isFormat(format)) throw new HubError('invalid-input', 'Choose csv or jsonl.');
    const from = dayOf(x.form.one('from') ?? '');
    const { chunks } = services.audit.export(actorOf(x), { format, ...(from === undefined ? {} : { from }) });
    return { kind: 'stream', run: () => sendAuditFile(x, format, chunks) };
  };

  return [
    { method: 'get', path: '/hub/admin/audit', kind: 'page', needs: ['admin:users'], handle: show },
    { method: 'post', path: '/hub/admin/audit/export', kind: 'page', needs: ['admin:users'], reauth: true, handle: exported },
  ];
}

const isFormat = (text: string): text is AuditFormat => Object.hasOwn(AUDIT_FORMATS, text);

/** Midnight, UTC, of `2026-01-31`; undefined for anything else. */
function dayOf(text: string): Date | undefined {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at;
}

const RANGE_DAYS: Readonly<Record<AuditRange, number>> = { today: 1, '7d': 7, '30d': 30 };

/** Midnight, UTC, before so many days; today is one of them. */
const sinceOf = (range: AuditRange, now: Date): Date => new Date((Math.floor(now.getTime() / DAY) + 1 - RANGE_DAYS[range]) * DAY);

function filterOf(fields: Readonly<Record<'q' | 'actor' | 'action' | 'target' | 'from' | 'until', string>>): AuditFilter {
  const text = (['q', 'actor', 'action', 'target'] as const).flatMap((name) => (fields[name].trim() === '' ? [] : [[name === 'q' ? 'text' : name, fields[name].trim()] as const]));
  const [from, until] = [dayOf(fields.from), dayOf(fields.until)];
  // The last day counts to its end.
  return { ...Object.fromEntries(text), ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until: new Date(until.getTime() + DAY) }) };
}
