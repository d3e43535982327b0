import { demand, HUB, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { pause, type Clock, type Logger } from '../domain/runtime';
import type { CheckRow, Spawner, SpawnerCheck } from '../../spawner/spawner';
import type { Store } from '../store/store';
import type { HealthChecks, HealthReport, HealthRow, Recorder } from './contract';
import { createDismissals } from './health-dismissals';
import { checkStore, whyBlocked } from './health-words';

export interface HealthDeps {
  readonly store: Store;
  readonly spawner: Pick<Spawner, 'check' | 'guard'>;
  /** What the hub sees by itself, looked at as often as the guard looks. Never rejects. */
  readonly own?: () => Promise<readonly CheckRow[]>;
  readonly audit: Pick<Recorder, 'note' | 'record'>;
  /** Called when a proof ended: what it found may be something else. */
  readonly changed?: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** `report`: starts go on while isolation is not proven. */
  readonly isolation: 'require' | 'report';
}

/** What stands between a start and a machine on which servers are not kept apart. Servers that run are never touched. */
export interface StartGate {
  /** Throws `unavailable` with the reason while isolation is not proven; silent while the first proof still runs. */
  demand(): void;
  /** The same, after waiting for the first proof as long as somebody waits for a start. */
  passed(signal: AbortSignal): Promise<void>;
}

export interface HealthService extends HealthChecks {
  readonly gate: StartGate;
  /** For `/hub/ready`. Never rejects. */
  ready(): Promise<SpawnerCheck>;
  /** Resolves when the proof at boot is done. */
  readonly first: Promise<void>;
  close(): void;
}

const GUARD_MS = 30_000;
const RETRY_MS = 60_000;
const DAY_MS = 86_400_000;
const FIRST_PROOF_MS = 45_000;
const RETRY_SECONDS = 60;
const TARGET = 'hub';
const PENDING: CheckRow = { name: 'isolation', ok: false, detail: 'The first check is still running.', level: 'required', ms: 0 };

/**
 * Whether servers are kept apart: proven at boot, every day, on demand, and every minute until it holds, because a proof starts containers.
 * In between a guard looks twice a minute whether the rules are still there; what it repairs or cannot repair is proven again at once.
 */
export function createHealth({ store, spawner, own = () => Promise.resolve([]), audit, changed, clock, log, isolation }: HealthDeps): HealthService {
  let rows: readonly HealthRow[] = [];
  let ownRows: readonly HealthRow[] = [];
  /** null: the first proof is not done. */
  let proven: boolean | null = null;
  let at: Date | null = null;
  let running: Promise<void> | null = null;
  /** The guard saw something while a proof ran, so that what it found may be older than what happened. */
  let disturbed = false;
  let guarding = false;
  let around: Promise<void> | null = null;
  let closed = false;
  let cancel = (): void => undefined;
  const dismissals = createDismissals({ store, audit, clock, log, rows: () => bareRows() });
  const stopGuard = clock.every(GUARD_MS, () => void Promise.all([guard(), lookAround()]));

  function prove(): Promise<void> {
    running ??= look().finally(() => {
      running = null;
      changed?.();
    });
    return running;
  }

  async function look(): Promise<void> {
    cancel();
    do {
      disturbed = false;
      const check = await spawner.check();
      if (closed) return;
      if (!disturbed || !check.ok) settle(check);
    } while (disturbed);
    cancel = clock.after(proven === true ? DAY_MS : RETRY_MS, () => void prove());
  }

  function settle(check: SpawnerCheck): void {
    at = clock.now();
    const found = check.checks.map((row) => ({ ...row, at: clock.now() }));
    found.forEach((row) => tellChange(row));
    rows = found;
    dismissals.review(found);
    become(check.ok);
  }

  async function guard(): Promise<void> {
    if (guarding || closed || proven === null) return;
    guarding = true;
    const found = await spawner.guard().finally(() => (guarding = false));
    if (closed) return;
    const row = { ...found, at: clock.now() };
    const before = rows.find(({ name }) => name === row.name);
    tellChange(row);
    rows = before === undefined ? [...rows, row] : rows.map((old) => (old === before ? row : old));
    if (row.repaired === true) tell('isolation.repaired', 'ok', row);
    if (!row.ok) become(false);
    const engineIsBack = row.ok && rows.some(({ name, ok }) => name === 'engine' && !ok);
    if (row.repaired !== true && before?.ok === row.ok && !engineIsBack) return;
    disturbed = true;
    void prove();
  }

  /** One at a time: a disk that does not answer is not asked again and again meanwhile. */
  function lookAround(): Promise<void> {
    around ??= lookAroundOnce().finally(() => (around = null));
    return around;
  }

  async function lookAroundOnce(): Promise<void> {
    const seen = (await own()).map((row) => ({ ...row, at: clock.now() }));
    if (closed) return;
    const before = ownRows;
    ownRows = seen;
    seen.forEach((row) => tellChange(row, before));
    dismissals.review(seen);
  }

  function become(ok: boolean): void {
    const before = proven;
    if (before === ok) return;
    proven = ok;
    const apart = promisesIsolation();
    if (!ok) tell(apart ? 'isolation.failed' : 'checks.failed', 'failed', firstFailed());
    else if (before === false) tell(apart ? 'isolation.proven' : 'checks.hold', 'ok');
    else log.info({}, apart ? 'servers are proven to be kept apart' : 'every required check holds; servers are not kept apart');
  }

  function tell(action: string, result: 'ok' | 'failed', row?: CheckRow): void {
    const detail = row === undefined ? {} : { check: row.name, detail: row.detail };
    log.warn({ action, ...detail }, promisesIsolation() ? 'the isolation of servers changed its state' : 'whether servers can be started changed');
    audit.note('hub', action, TARGET, { result, detail });
  }

  function tellChange(row: CheckRow, known: readonly HealthRow[] = rows): void {
    const before = known.find(({ name }) => name === row.name);
    if (!row.ok && (before === undefined || before.ok || (row.level === 'required' && before.detail !== row.detail))) log.warn({ check: row.name, level: row.level, detail: row.detail }, 'a check of the hub failed');
    else if (row.ok && before?.ok === false) log.info({ check: row.name }, 'a check of the hub holds again');
  }

  /** Where servers run without containers nothing was ever promised, and nothing is proven. */
  const promisesIsolation = (): boolean => !rows.some(({ name, ok, level }) => name === 'isolation' && !ok && level === 'advice');
  const firstFailed = (): HealthRow | undefined => rows.find(({ ok, level }) => !ok && level === 'required');
  const blocked = (): string | null => (isolation === 'require' && proven === false ? whyBlocked(firstFailed()?.name) : null);

  function demandProof(): void {
    const reason = blocked();
    if (reason !== null) throw new HubError('unavailable', reason, { retryAfterSeconds: RETRY_SECONDS });
  }

  async function passed(signal: AbortSignal): Promise<void> {
    if (isolation === 'report') return;
    if (proven === null) {
      const over = new AbortController();
      await Promise.race([first, pause(clock, FIRST_PROOF_MS, AbortSignal.any([signal, over.signal]))]);
      over.abort();
    }
    signal.throwIfAborted();
    if (proven === null) throw new HubError('unavailable', 'Servers cannot be started yet: the hub is still proving that they are kept apart. Try again in a moment.', { retryAfterSeconds: 10 });
    demandProof();
  }

  const bareRows = (): readonly HealthRow[] => [{ ...checkStore(store), at: clock.now() }, ...ownRows, ...(rows.length === 0 ? [{ ...PENDING, at: clock.now() }] : rows)];

  function report(): HealthReport {
    const all = bareRows();
    const [memory] = all;
    return { ok: memory?.ok === true && proven === true && ownRows.every(({ ok, level }) => ok || level === 'advice'), running: running !== null, at, blocked: blocked(), rows: dismissals.coded(all) };
  }

  async function check(actor: Actor): Promise<HealthReport> {
    demand(actor, 'admin-ui', HUB);
    audit.note(actor, 'health.check', TARGET);
    await Promise.all([prove(), lookAround()]);
    return report();
  }

  const first = prove();
  void lookAround();

  return {
    gate: { demand: demandProof, passed },
    first,
    check,
    dismiss: (actor, code) => {
      dismissals.dismiss(actor, code);
      return report();
    },
    recall: (actor, code) => {
      dismissals.recall(actor, code);
      return report();
    },
    report: (actor) => {
      demand(actor, 'admin-ui', HUB);
      return report();
    },
    ready: () => Promise.resolve({ ok: report().ok, checks: report().rows }),
    close: () => {
      closed = true;
      stopGuard();
      cancel();
    },
  };
}
