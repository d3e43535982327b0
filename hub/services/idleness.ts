import { can, demand, HUB, notFound, type Actor } from '../domain/access';
import { formatDuration } from '../domain/duration';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserId } from '../domain/ids';
import { endOf, explain, type IdleLimits } from '../domain/idleness';
import { firedSentence, idleSentence } from '../domain/idleness-words';
import { parseWhy, type Lease } from '../domain/lease';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { targetOf } from './account-deps';
import type { Recorder } from './contract';
import { eachBounded, within } from './deadlines';
import { createLeases } from './leases';
import { createIdleWatch, type IdleWatchDeps } from './idle-watch';
import type { Idleness, IdleView, LeaseAsk, UseMeter, WhatIf } from './idleness-contract';
import { notRunning, serverTarget } from './server-target';

export interface IdlenessDeps extends IdleWatchDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly servers: { halt(id: ServerId, reason: string): Promise<void> };
  /** Of these, as it is now. */
  readonly limitsOf: (records: readonly ServerRecord[]) => (record: ServerRecord) => IdleLimits;
  /** Puts a message into the browsers that have this server open, within seconds. False: that could not be done. Never rejects. */
  readonly tell: (record: ServerRecord, message: string) => Promise<boolean>;
  /** 0: nobody may take a lease. */
  readonly maxLeaseMs: number;
  /** How long before a stop its owner is warned; 0: never. */
  readonly warnMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IdlenessService extends Idleness, UseMeter {
  /** Looks at what is near its end, warns, and stops what is due. Whoever asks during a round waits for that one. Never rejects. */
  round(): Promise<void>;
  close(): void;
}

const ROUND_MS = 60_000;
/** A server that is not near its end is asked this often, so that the sentence about it is not far off. */
const SLOW_LOOK_MS = 10 * 60_000;
/** A page that is shown again within this time does not ask again. */
const GLANCE_MS = 15_000;
const REPORT_MS = 3_000;
const WHAT_IF_MS = 10_000;
/** What a server said this short ago is told as it is: a page that is looked through asks a thousand servers once. */
const FRESH_MS = 60_000;
const AT_ONCE = 8;
const SAVE = 'Save your work.';
const SAVE_OR_EXTEND = 'Save your work, or press Extend on the hub\'s home page.';

/** Decides when servers stop that nobody uses, says so before and afterwards, and keeps those that somebody asked to keep. */
export function createIdleness(deps: IdlenessDeps): IdlenessService {
  const { store, servers, clock, log } = deps;
  const watch = createIdleWatch(deps);
  const leases = createLeases(deps);
  /** The end that was announced of each server, in this life of it. */
  const warned = new Map<ServerId, number>();
  let going: Promise<void> | undefined;
  let looking = 0;
  const stopTimer = clock.every(ROUND_MS, () => void round());

  const running = (): readonly ServerRecord[] => store.servers.active().filter(({ state }) => state.kind === 'ready');

  /** Infinity: it did not answer yet. */
  const silentMs = (record: ServerRecord): number => clock.monotonicMs() - (watch.answeredMs(record) ?? -Infinity);

  const ownersOf = (records: readonly ServerRecord[]): ReadonlyMap<UserId, User> => store.users.byIds(records.map(({ owner }) => owner));

  /** Judges these from three reads; one by one a thousand servers took 80 ms. undefined: its owner is gone. */
  function judging(records: readonly ServerRecord[], change: WhatIf = {}, owners = ownersOf(records)): (record: ServerRecord) => IdleView | undefined {
    const [limitsOf, leasesOf] = [deps.limitsOf(records), leases.ofEach(records)];
    return (record) => {
      const owner = owners.get(record.owner);
      return owner === undefined ? undefined : judged({ record, owner, limits: changed(limitsOf(record), change), counting: leasesOf(record) });
    };
  }

  function viewOf(record: ServerRecord): IdleView {
    const view = judging([record])(record);
    if (view === undefined) throw notFound();
    return view;
  }

  function judged({ record, owner, limits, counting }: { readonly record: ServerRecord; readonly owner: User; readonly limits: IdleLimits; readonly counting: readonly Lease[] }): IdleView {
    const now = clock.now();
    const [longest] = counting;
    const lease = longest === undefined ? null : { leftMs: leases.leftOf(longest), who: longest.who, why: longest.why };
    const signals = { ...watch.signals(record), lease };
    const verdict = explain(signals, limits, now);
    const end = endOf(verdict);
    const answeredMs = watch.answeredMs(record);
    return {
      record, owner, verdict, limits, leases: counting,
      // Of a thousand that are judged for a page, 25 are shown.
      get sentence() {
        return idleSentence(verdict, now);
      },
      signals: { ...signals, proxied: watch.proxied(record.id), answered: answeredMs === undefined ? null : new Date(now.getTime() - (clock.monotonicMs() - answeredMs)) },
      near: end !== null && end.getTime() - now.getTime() <= deps.warnMs,
    };
  }

  function round(): Promise<void> {
    going ??= oneRound().finally(() => (going = undefined));
    return going;
  }

  async function oneRound(): Promise<void> {
    try {
      const ready = running();
      watch.keepOnly(ready);
      for (const id of warned.keys()) if (!ready.some((record) => record.id === id)) warned.delete(id);
      leases.forgetEnded();
      await eachBounded(ready, { limit: AT_ONCE, onError: (record, err) => log.warn({ server: record.id, err }, 'an idle server was kept: it could not be judged or stopped') }, consider);
    } catch (err) {
      log.error({ err }, 'looking for idle servers failed');
    }
  }

  async function consider(record: ServerRecord): Promise<void> {
    const first = viewOf(record);
    const asks = isClose(first) || silentMs(record) >= SLOW_LOOK_MS;
    if (asks) await watch.look(record);
    // Somebody may have come back, or stopped it, while it or another one was asked.
    const now = store.servers.byId(record.id);
    if (now === undefined || now.version !== record.version) return;
    const view = asks ? viewOf(now) : first;
    if (view.verdict.due) await stop(view);
    else warn(view);
  }

  async function stop({ record, verdict, sentence, signals }: IdleView): Promise<void> {
    log.info({ server: record.id, rule: verdict.reason.kind, idleMs: signals.idleForMs, ageMs: signals.ageMs, sentence }, 'a server is stopped by its limits');
    await servers.halt(record.id, firedSentence(verdict, clock.now()));
  }

  /** Once for each end that comes near: whoever uses the server again is warned again before the next one. */
  function warn(view: IdleView): void {
    const { record, sentence, near } = view;
    if (!near) warned.delete(record.id);
    if (!near || warned.has(record.id)) return;
    warned.set(record.id, clock.monotonicMs());
    const last = view.verdict.reason.kind === 'age' || view.verdict.latest !== null;
    void deps.tell(record, `${sentence}. ${last ? SAVE : SAVE_OR_EXTEND}`).then((told) => log.info({ server: record.id, sentence, told }, 'a server is about to stop, and its lab was asked to say so'));
  }

  function find(owner: User, name: ServerName): ServerRecord {
    const record = store.servers.find(owner.id, name);
    if (record?.state.kind !== 'ready') throw notRunning(owner, name);
    return record;
  }

  function glances(actor: Actor, listed: readonly { readonly record: ServerRecord; readonly owner: User }[]): (record: ServerRecord) => IdleView | undefined {
    for (const { record, owner } of listed) demandRead(actor, owner, record.name);
    const ready = listed.flatMap(({ record }) => (record.state.kind === 'ready' ? [record] : []));
    const judge = judging(ready);
    for (const record of ready) {
      if (looking >= AT_ONCE) break;
      if (silentMs(record) <= GLANCE_MS) continue;
      looking += 1;
      void watch.look(record).finally(() => (looking -= 1));
    }
    return (record) => (record.state.kind === 'ready' ? judge(record) : undefined);
  }

  const demandRead = (actor: Actor, owner: User, name: ServerName): void => demand(actor, 'read:servers', serverTarget(store, owner, name));
  const demandKeep = (actor: Actor, owner: User): void => demand(actor, 'users:activity', targetOf(store, owner));

  function take(actor: Actor, owner: User, name: ServerName, { ms, why }: LeaseAsk): Lease {
    demandKeep(actor, owner);
    const record = find(owner, name);
    if (deps.maxLeaseMs === 0) throw new HubError('forbidden', 'This hub gives no leases.');
    if (!(ms > 0 && ms <= deps.maxLeaseMs)) throw new HubError('invalid-input', `A lease lasts for more than nothing and ${formatDuration(deps.maxLeaseMs)} at most.`);
    return leases.add(actor, { owner, record, ms, why: parseWhy(why) });
  }

  return {
    used: watch.used,
    soon: () => [...warned.keys()],
    glance(actor, owner, name) {
      demandRead(actor, owner, name);
      const record = store.servers.find(owner.id, name);
      return record === undefined ? undefined : glances(actor, [{ record, owner }])(record);
    },
    glances,
    async report(actor, owner, name) {
      demandRead(actor, owner, name);
      const record = find(owner, name);
      await within(clock, REPORT_MS, watch.look(record)).catch((err: unknown) => log.debug({ server: record.id, err }, 'a report on idleness did not wait for the server'));
      return viewOf(find(owner, name));
    },
    extend(actor, owner, name) {
      demandKeep(actor, owner);
      const record = find(owner, name);
      const { idleMs } = deps.limitsOf([record])(record);
      if (idleMs === null) throw new HubError('invalid-input', 'This server has no idle limit: there is nothing to extend.');
      leases.add(actor, { owner, record, ms: idleMs, why: '' });
      return viewOf(record);
    },
    lease: take,
    leaseFromLab: ({ actor, owner, record }, ask) => take(actor, owner, record.name, ask),
    endLease(actor, owner, name, id) {
      demandKeep(actor, owner);
      if (!leases.end(actor, { owner, record: find(owner, name), id })) throw notFound();
    },
    async whatIf(actor, change) {
      demand(actor, 'admin-ui', HUB);
      const ready = running();
      const owners = ownersOf(ready);
      const seen = ready.filter((record) => {
        const owner = owners.get(record.owner);
        return owner !== undefined && can(actor, 'read:servers', serverTarget(store, owner, record.name));
      });
      const onError = (record: ServerRecord, err: unknown): void => log.debug({ server: record.id, err }, 'a server could not be asked for a what-if');
      const stale = seen.filter((record) => silentMs(record) > FRESH_MS);
      await within(clock, WHAT_IF_MS, eachBounded(stale, { limit: AT_ONCE, onError }, watch.look)).catch((err: unknown) => log.debug({ err }, 'a what-if did not wait for every server'));
      const mayBeSeen = new Set(seen.map(({ id }) => id));
      const now = stale.length === 0 ? seen : running().filter(({ id }) => mayBeSeen.has(id));
      const judge = judging(now, change, owners);
      return now.flatMap((record) => judge(record) ?? []);
    },
    round,
    close: stopTimer,
  };
}

/** Its next answer may decide: the end is near, or only what it said last keeps it. */
const isClose = ({ near, verdict, signals }: IdleView): boolean => near || verdict.due || signals.running.length > 0 || verdict.reason.kind === 'unknown' || verdict.reason.kind === 'cpu';

const changed = (limits: IdleLimits, { idleMs, maxAgeMs }: WhatIf): IdleLimits => ({
  ...limits,
  ...(idleMs === undefined ? {} : { idleMs, idleFrom: 'asked' }),
  ...(maxAgeMs === undefined ? {} : { maxAgeMs, maxAgeFrom: 'asked' }),
});
