import { HubError } from '../domain/errors';
import { newId } from '../domain/ids';
import type { Lease } from '../domain/lease';
import type { Actor } from '../domain/access';
import type { Clock } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Recorder } from './contract';
import { auditTarget } from './server-target';

export interface LeasesDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly clock: Clock;
}

export interface NewLease {
  readonly owner: User;
  /** Ready. */
  readonly record: ServerRecord;
  readonly ms: number;
  /** Empty: an extension, of which a server has one. */
  readonly why: string;
}

const MOST_LEASES = 5;
/** Leases of servers that were stopped are left behind. Long, because the clock on the wall may jump and take a lease with it that counts. */
const LEFT_BEHIND_MS = 30 * 86_400_000;

/** Leases, counted on the clock that never jumps from the moment that this hub knows of them. Who may have one is not asked here. */
export function createLeases({ store, audit, clock }: LeasesDeps) {
  const ends = new Map<string, number>();

  const leftOf = (lease: Lease): number => {
    const now = clock.monotonicMs();
    const end = ends.get(lease.id) ?? now + lease.until.getTime() - clock.now().getTime();
    ends.set(lease.id, end);
    return end - now;
  };

  /** Those that count now, the one that lasts longest first. */
  const ofEach = (records: readonly ServerRecord[]): ((record: ServerRecord) => readonly Lease[]) => {
    const found = store.leases.ofServers(records.map(({ id }) => id));
    return ({ id, state }) => found(id).filter((lease) => lease.life.getTime() === state.since?.getTime() && leftOf(lease) > 0).toSorted((a, b) => leftOf(b) - leftOf(a));
  };
  const of = (record: ServerRecord): readonly Lease[] => ofEach([record])(record);

  return {
    of,
    ofEach,
    leftOf,
    /** Throws `conflict` beyond a few. */
    add(actor: Actor, { owner, record, ms, why }: NewLease): Lease {
      const created = clock.now();
      const who = actor.kind === 'local' ? 'an administrator' : actor.name;
      const lease: Lease = { id: newId(), server: record.id, life: record.state.since ?? created, created, until: new Date(created.getTime() + ms), who, why };
      return store.transaction(() => {
        const counting = of(record);
        for (const old of counting) if (why === '' && old.why === '') store.leases.remove(old.id);
        if (why !== '' && counting.filter((old) => old.why !== '').length >= MOST_LEASES) throw new HubError('conflict', `A server has ${MOST_LEASES} leases at most. End one first.`);
        store.leases.prune(new Date(created.getTime() - LEFT_BEHIND_MS));
        store.leases.add(lease);
        ends.set(lease.id, clock.monotonicMs() + ms);
        audit.record(actor, why === '' ? 'server.extend' : 'server.keep', auditTarget(owner, record.name), { detail: { server: record.id, until: lease.until.toISOString(), ...(why === '' ? {} : { why }) } });
        return lease;
      });
    },
    /** False: this server has no such lease. */
    end(actor: Actor, { owner, record, id }: { readonly owner: User; readonly record: ServerRecord; readonly id: string }): boolean {
      const lease = of(record).find((one) => one.id === id);
      if (lease === undefined) return false;
      store.transaction(() => {
        store.leases.remove(id);
        audit.record(actor, 'server.lease-end', auditTarget(owner, record.name), { detail: { until: lease.until.toISOString(), why: lease.why } });
      });
      return true;
    },
    forgetEnded(): void {
      const over = [...ends].filter(([, end]) => end < clock.monotonicMs());
      for (const [id] of over) {
        store.leases.remove(id);
        ends.delete(id);
      }
    },
  };
}
