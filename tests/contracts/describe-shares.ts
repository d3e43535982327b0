import { newId, type GroupId, type ServerId, type ServerName } from '../../hub/domain/ids';
import type { ServerRecord } from '../../hub/domain/server';
import type { User } from '../../hub/domain/user';
import { HubError } from '../../hub/domain/errors';
import type { Store } from '../../hub/store/store';
import { makeUser } from './describe-store';

const at = (minutes: number): Date => new Date(Date.UTC(2030, 0, 1, 0, minutes));
const page = { offset: 0, limit: 100 };

/** What every store must do with shares and share codes, whatever it writes to. */
export function describeShares(kind: string, open: () => Store): void {
  describe(`shares in a store ${kind}`, () => {
    let store: Store;
    let [alice, bob, carol]: User[] = [];
    let server: ServerRecord;
    const lab = newId<GroupId>();
    const toBob = (): { readonly kind: 'user'; readonly id: User['id'] } => ({ kind: 'user', id: (bob as User).id });
    const toLab = { kind: 'group', id: lab } as const;
    beforeEach(() => {
      store = open();
      [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => {
        const user = makeUser(name);
        store.users.create(user);
        return user;
      });
      store.groups.create({ id: lab, name: 'lab', properties: {} });
      store.groups.addMember(lab, (bob as User).id);
      server = store.servers.ensure((alice as User).id, '' as ServerName);
    });
    afterEach(() => store.close());

    const shared = () => ({ id: server.id, name: '', owner: { id: alice?.id, name: 'alice' }, ready: false });
    const share = (to: object, more: object = {}) => ({ server: shared(), with: to, scopes: ['access:servers'], created: at(1), ...more });
    const bobs = () => share({ kind: 'user', id: bob?.id, name: 'bob' });
    const labs = () => share({ kind: 'group', id: lab, name: 'lab' });

    test('are one for each server and user or group; the date is that of the first time', () => {
      expect(store.shares.put(server.id, toBob(), { scopes: ['access:servers'], at: at(1) })).toEqual(bobs());
      expect(store.shares.put(server.id, toBob(), { scopes: ['read:servers'], at: at(2) })).toEqual({ ...bobs(), scopes: ['read:servers'] });
      expect(store.shares.find(server.id, toBob())).toEqual({ ...bobs(), scopes: ['read:servers'] });
      expect(store.shares.find(server.id, toLab)).toBeUndefined();
      expect(() => store.shares.put(newId<ServerId>(), toBob(), { scopes: [], at: at(1) })).toThrow(HubError);
      expect(() => store.shares.put(server.id, { kind: 'user', id: newId() }, { scopes: [], at: at(1) })).toThrow(HubError);
    });

    test('are listed by server, owner, group and user, oldest first, with the number of all', () => {
      store.shares.put(server.id, toLab, { scopes: ['access:servers'], at: at(1) });
      store.shares.put(server.id, toBob(), { scopes: ['access:servers'], at: at(1) });
      const [first, second] = [labs(), bobs()];
      expect(store.shares.list({ kind: 'server', id: server.id }, page)).toEqual({ shares: [first, second], total: 2 });
      expect(store.shares.list({ kind: 'owner', id: (alice as User).id }, { offset: 1, limit: 1 })).toEqual({ shares: [second], total: 2 });
      expect(store.shares.list({ kind: 'group', id: lab }, page)).toEqual({ shares: [first], total: 1 });
      expect(store.shares.list({ kind: 'user', id: (bob as User).id }, page)).toEqual({ shares: [first, second], total: 2 });
      expect(store.shares.list({ kind: 'user', id: (carol as User).id }, page)).toEqual({ shares: [], total: 0 });
      expect(store.shares.list({ kind: 'owner', id: (bob as User).id }, page).total).toBe(0);
    });

    test('give something while their owner is active, with the names of now', () => {
      store.shares.put(server.id, toLab, { scopes: ['access:servers'], at: at(1) });
      const held = (user: User | undefined): readonly string[] => store.shares.heldBy((user as User).id).map((one) => one.server.owner.name);
      expect([held(bob), held(carol)]).toEqual([['alice'], []]);
      store.users.update((alice as User).id, { name: 'alina' as User['name'] });
      expect(held(bob)).toEqual(['alina']);
      store.users.update((alice as User).id, { status: 'disabled' });
      expect(held(bob)).toEqual([]);
    });

    test('can be taken back one by one or all at once', () => {
      for (const to of [toBob(), toLab]) store.shares.put(server.id, to, { scopes: ['access:servers'], at: at(1) });
      expect([store.shares.remove(server.id, toBob()), store.shares.remove(server.id, toBob())]).toEqual([true, false]);
      store.shares.put(server.id, toBob(), { scopes: ['access:servers'], at: at(1) });
      expect([store.shares.removeOf(server.id), store.shares.removeOf(server.id)]).toEqual([2, 0]);
    });

    test.each<[string, () => unknown, number]>([
      ['its server', () => store.servers.remove(server.id), 0],
      ['the owner of its server', () => store.users.remove((alice as User).id), 0],
      ['the user', () => store.users.remove((bob as User).id), 1],
      ['the group', () => store.groups.remove(lab), 1],
    ])('one goes with %s', (_what, remove, left) => {
      for (const to of [toBob(), toLab]) store.shares.put(server.id, to, { scopes: ['access:servers'], at: at(1) });
      remove();
      expect(store.shares.list({ kind: 'server', id: server.id }, page).total).toBe(left);
    });

    const add = (hash: string, expires = at(10)) => store.shareCodes.add({ server: server.id, scopes: ['access:servers'], created: at(1), expires }, hash);
    const numbers = (now: Date): readonly number[] => store.shareCodes.list({ kind: 'server', id: server.id }, { ...page, now }).codes.map(({ number }) => number);

    test('codes are found by their hash until they expire, counted, and never renumbered', () => {
      const one = add('h1');
      expect(one).toEqual({ number: 1, server: shared(), scopes: ['access:servers'], created: at(1), expires: at(10), exchanges: 0, lastExchanged: null });
      expect([store.shareCodes.byHash('h1', at(9)), store.shareCodes.byHash('h1', at(10)), store.shareCodes.byHash('h2', at(9))]).toEqual([one, undefined, undefined]);
      store.shareCodes.exchanged(1, at(5));
      expect(store.shareCodes.byHash('h1', at(9))).toEqual({ ...one, exchanges: 1, lastExchanged: at(5) });
      store.shareCodes.prune(at(9));
      expect(numbers(at(9))).toEqual([1]);
      store.shareCodes.prune(at(10));
      expect(numbers(at(9))).toEqual([]);
      expect(add('h1').number).toBe(2);
      store.users.update((alice as User).id, { status: 'disabled' });
      expect(store.shareCodes.byHash('h1', at(9))).toBeUndefined();
    });

    test('codes are listed by server and owner, and removed by number, by hash or all, at their own server only', () => {
      const other = store.servers.ensure((alice as User).id, 'two' as ServerName);
      for (const hash of ['h1', 'h2', 'h3']) add(hash);
      add('old', at(2));
      const remove = (id: ServerId, which: { number?: number; hash?: string }): number => store.shareCodes.remove(id, { ...which, now: at(5) });
      expect([remove(other.id, { number: 1 }), remove(other.id, { hash: 'h1' }), remove(other.id, {}), remove(server.id, { number: 9 }), remove(server.id, { hash: 'old' })]).toEqual([0, 0, 0, 0, 0]);
      expect(store.shareCodes.list({ kind: 'owner', id: (alice as User).id }, { offset: 1, limit: 1, now: at(5) })).toMatchObject({ codes: [{ number: 2 }], total: 3 });
      expect([remove(server.id, { number: 1 }), remove(server.id, { hash: 'h2' })]).toEqual([1, 1]);
      expect(numbers(at(5))).toEqual([3]);
      expect(remove(server.id, {})).toBe(1);
      add('h4');
      store.servers.remove(server.id);
      expect(store.shareCodes.byHash('h4', at(5))).toBeUndefined();
    });
  });
}
