import { can, demand, HUB, notFound, type Actor } from '../domain/access';
import { formatDuration } from '../domain/duration';
import { HubError } from '../domain/errors';
import type { ServerName, UserId } from '../domain/ids';
import { endOf, explain, type IdleLimits } from '../domain/idleness';
import { idleSentence } from '../domain/idleness-words';
import { parseWhy, type Lease } from '../domain/lease';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { targetOf } from './account-deps';
import type { Recorder } from './contract';
import { eachBounded, within } from './deadlines';
import { createLeases } from './leases';
import { ASKED_AT_ONCE, createRounds, type Rounds, type RoundsDeps } from './idle-rounds';
import { createIdleWatch, type IdleWatchDeps } from './idle-watch';
import type { Idleness, IdleView, LeaseAsk, UseMeter, WhatIf } from './idleness-contract';
import { notRunning, serverTarget } from './server-target';

export interface IdlenessDeps extends IdleWatchDeps, Pick<RoundsDeps, 'servers' | 'tell'> {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  /** Of these, as it is now. */
  readonly limitsOf: (records: readonly ServerRecord[]) => (record: ServerRecord) => IdleLimits;
  /** 0: nobody may take a lease. */
  readonly maxLeaseMs: number;
  /** How long before a stop its owner is warned; 0: never. */
  readonly warnMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IdlenessService extends Idleness, UseMeter, Pick<Rounds, 'round'> {
  close(): void;
}

const ROUND_MS = 60_000;
/** A page that is shown again within this time does not ask again. */
const GLANCE_MS = 15_000;
const REPORT_MS = 3_000;
const WHAT_IF_MS = 10_000;
/** What a server said this short ago is told as it is: a page that is looked through asks a thousand servers once. */
const FRESH_MS = 60_000;

/** Decides when servers stop that nobody uses, says so before and afterwards, and keeps those that somebody asked to keep. */
export function createIdleness(deps: IdlenessDeps): IdlenessService {
  const { store, clock, log } = deps;
  const watch = createIdleWatch(deps);
  const leases = createLeases(deps);
  let looking = 0;

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

  const rounds = createRounds({ ...deps, watch, judging, silentMs, forgetEndedLeases: leases.forgetEnded });
  const stopTimer = clock.every(ROUND_MS, () => void rounds.round());

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
      if (looking >= ASKED_AT_ONCE) break;
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
    soon: rounds.soon,
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
      await within(clock, WHAT_IF_MS, eachBounded(stale, { limit: ASKED_AT_ONCE, onError }, watch.look)).catch((err: unknown) => log.debug({ err }, 'a what-if did not wait for every server'));
      const mayBeSeen = new Set(seen.map(({ id }) => id));
      const now = stale.length === 0 ? seen : running().filter(({ id }) => mayBeSeen.has(id));
      const judge = judging(now, change, owners);
      return now.flatMap((record) => judge(record) ?? []);
    },
    round: rounds.round,
    close: stopTimer,
  };
}

const changed = (limits: IdleLimits, { idleMs, maxAgeMs }: WhatIf): IdleLimits => ({
  ...limits,
  ...(idleMs === undefined ? {} : { idleMs, idleFrom: 'asked' }),
  ...(maxAgeMs === undefined ? {} : { maxAgeMs, maxAgeFrom: 'asked' }),
});
