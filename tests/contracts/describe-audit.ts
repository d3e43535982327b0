import { GENESIS, type AuditEntry } from '../../hub/domain/audit';
import { verifyChain } from '../../hub/store/audit-chain';
import type { Store } from '../../hub/store/store';

const at = (minutes: number): Date => new Date(Date.UTC(2030, 0, 1, 0, minutes));

export const makeEntry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  at: at(0), actorKind: 'user', actor: 'alice', actorId: 'u-1', via: 'cookie', credential: 's-1', address: '192.0.2.1', requestId: 'r-1',
  action: 'user.create', target: 'user:bob', result: 'ok', detail: { n: 1, nested: [null, 'x'] }, ...change,
});

/** What the audit log of every store must do, whatever it writes to. `open` gives an empty store; it is closed afterwards. */
export function describeAudit(name: string, open: () => Store): void {
  describe(`the audit log of a store ${name}`, () => {
    let store: Store;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());
    /** Entry `n` dates from minute `n`. */
    const fill = (count: number, change: (n: number) => Partial<AuditEntry> = () => ({})): void => {
      for (let n = 1; n <= count; n++) store.audit.append(makeEntry({ at: at(n), target: `user:u${n}`, ...change(n) }));
    };
    const ids = (rows: readonly { readonly id: number }[]): readonly number[] => rows.map((row) => row.id);

    test('R02: keeps every field, numbers entries without gaps, and chains each to the one before', () => {
      const first = store.audit.append(makeEntry());
      const second = store.audit.append(makeEntry({ result: 'denied', detail: {} }));
      expect(store.audit.list({ offset: 0, limit: 5 })).toEqual([second, first]);
      expect(first).toEqual({ ...makeEntry(), id: 1, prev: GENESIS.hash, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
      expect(second).toMatchObject({ id: 2, prev: first.hash });
      expect(store.audit.ends()).toEqual({ anchor: GENESIS, head: { id: 2, hash: second.hash } });
      expect(verifyChain(store.audit)).toEqual({ ok: true, entries: 2, anchor: GENESIS, head: { id: 2, hash: second.hash } });
    });

    test('an empty log is a whole one', () => {
      expect(verifyChain(store.audit)).toEqual({ ok: true, entries: 0, anchor: GENESIS, head: GENESIS });
    });

    test('comes newest first in pages, and oldest first from an id', () => {
      fill(3);
      expect(ids(store.audit.list({ offset: 0, limit: 2 }))).toEqual([3, 2]);
      expect(ids(store.audit.list({ offset: 2, limit: 2 }))).toEqual([1]);
      expect(ids(store.audit.after(1, 5))).toEqual([2, 3]);
      expect(ids(store.audit.after(0, 2))).toEqual([1, 2]);
    });

    test('an entry of a transaction that is undone leaves neither a gap nor a trace', () => {
      fill(1);
      expect(() => store.transaction(() => {
        store.audit.append(makeEntry());
        throw new Error('undone');
      })).toThrow('undone');
      fill(1);
      expect(ids(store.audit.list({ offset: 0, limit: 5 }))).toEqual([2, 1]);
      expect(verifyChain(store.audit)).toMatchObject({ ok: true, entries: 2 });
    });

    test('half a surrogate pair is replaced before the hash is made, so that it does not look like tampering', () => {
      store.audit.append(makeEntry({ actor: 'x\ud800', target: '\udc00', detail: { '\ud800': '\udfff' } }));
      expect(store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ actor: 'x\ufffd', target: '\ufffd' }]);
      expect(verifyChain(store.audit)).toMatchObject({ ok: true });
    });

    test('P06: a search looks at one window per call, and says where the next one begins', () => {
      fill(10, (n) => ({ actor: n === 2 ? 'Bob' : 'alice' }));
      const ask = { filter: { actor: 'BOB' }, window: 4, limit: 5 };
      expect(store.audit.search(ask)).toEqual({ rows: [], next: 7 });
      expect(store.audit.search({ ...ask, before: 7 })).toEqual({ rows: [], next: 3 });
      const last = store.audit.search({ ...ask, before: 3 });
      expect({ ids: ids(last.rows), next: last.next }).toEqual({ ids: [2], next: null });
      const full = store.audit.search({ filter: {}, window: 100, limit: 4 });
      expect({ ids: ids(full.rows), next: full.next }).toEqual({ ids: [10, 9, 8, 7], next: 7 });
    });

    test('a search takes texts literally and in any case, and times from an instant up to another', () => {
      fill(4, (n) => ({ action: `user.${n}%_` }));
      const found = (filter: Parameters<Store['audit']['search']>[0]['filter']) => ids(store.audit.search({ filter, window: 100, limit: 9 }).rows);
      expect(found({ action: 'USER.3' })).toEqual([3]);
      expect(found({ action: '%' })).toEqual([4, 3, 2, 1]);
      expect(found({ action: '1_' })).toEqual([]);
      expect(found({ target: 'user:u4' })).toEqual([4]);
      expect(found({ from: at(2), until: at(4) })).toEqual([3, 2]);
      expect(found({ actor: 'alice', action: '2', from: at(3) })).toEqual([]);
    });

    test('R02: the retention rule removes the oldest alone, and what is left can still be checked', () => {
      fill(6);
      const [third] = store.audit.after(2, 1);
      expect(store.audit.prune(at(1), 100)).toBeUndefined();
      expect(store.audit.prune(at(4), 2)).toMatchObject({ count: 2, last: { id: 2 } });
      expect(store.audit.prune(at(4), 100)).toEqual({ count: 1, last: { id: 3, hash: third?.hash } });
      expect(store.audit.prune(at(4), 100)).toBeUndefined();
      expect(ids(store.audit.list({ offset: 0, limit: 9 }))).toEqual([6, 5, 4]);
      expect(verifyChain(store.audit)).toMatchObject({ ok: true, entries: 3, anchor: { id: 3, hash: third?.hash } });
      expect(store.audit.search({ filter: {}, window: 2, limit: 9, before: 6 })).toMatchObject({ next: null });
    });

    test('R02: an old entry behind a young one stays, as when a clock was wrong', () => {
      fill(3, (n) => ({ at: at(n === 1 ? 50 : n) }));
      expect(store.audit.prune(at(40), 100)).toBeUndefined();
    });

    test('R02: when all is removed, the next entry still follows the last one that was', () => {
      fill(2);
      const { head } = store.audit.ends();
      expect(store.audit.prune(at(9), 100)).toEqual({ count: 2, last: head });
      expect(store.audit.append(makeEntry())).toMatchObject({ id: 3, prev: head.hash });
      expect(verifyChain(store.audit)).toMatchObject({ ok: true, entries: 1 });
    });
  });
}
