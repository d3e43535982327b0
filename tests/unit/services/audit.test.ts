import { strangerIn, type Actor } from '../../../hub/domain/access';
import type { UserId, UserName } from '../../../hub/domain/ids';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import { createAudit } from '../../../hub/services/audit';
import { verifyChain } from '../../../hub/store/audit-chain';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { createFakeClock } from '../../support/fake-clock';
import { closeWorlds, codeOf, createWorld, failure, FROM, GOOD, recordingLog, type LogLine } from './accounts-world';
import { turn } from './servers-support';

afterEach(closeWorlds);

const DAY = 86_400_000;
const ALL = { offset: 0, limit: 10_000 };
const scopes = expandRaw(['admin:users'], { owner: { kind: 'user', name: 'root' } });
const ROOT: Actor = { kind: 'user', id: 'u-root' as UserId, name: 'root' as UserName, admin: true, via: 'token', credential: 't-7', groups: [], scopes };

const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).reverse().forEach((one) => one.close()));

function createLog(keepMs = 0) {
  const clock = createFakeClock();
  const store = openStore(':memory:', { now: clock.now });
  const lines: LogLine[] = [];
  const audit = createAudit({ store, clock, log: recordingLog(lines), keepMs });
  opened.push(store, audit);
  return { clock, store, lines, audit, rows: () => store.audit.list(ALL) };
}

const heads = (lines: readonly LogLine[]): readonly unknown[] => lines.filter((line) => line.message === 'The audit log ends here.').map((line) => line.fields['head']);

describe('what an entry says', () => {
  it('R02: who, with what credential, from where, in which request, what, to whom and how it ended', () => {
    const { audit, rows, clock } = createLog();
    audit.record({ ...ROOT, request: { address: '192.0.2.9', requestId: 'r-42' } }, 'user.disable', 'user:bob', { result: 'failed', detail: { why: 'x' } });
    expect(rows()).toMatchObject([{
      at: clock.now(), actorKind: 'user', actor: 'root', actorId: 'u-root', via: 'token', credential: 't-7', address: '192.0.2.9', requestId: 'r-42',
      action: 'user.disable', target: 'user:bob', result: 'failed', detail: { why: 'x' },
    }]);
  });

  it('nobody is anonymous and has an address, the hub has none, and neither has who does not ask by HTTP', () => {
    const { audit, rows } = createLog();
    audit.record(strangerIn({ address: '192.0.2.9', requestId: 'r' }), 'one', '');
    audit.record('hub', 'two', '');
    audit.record(ROOT, 'three', '');
    expect([...rows()].reverse().map((row) => [row.actorKind, row.actor, row.address])).toEqual([['anonymous', '', '192.0.2.9'], ['hub', 'hub', ''], ['user', 'root', '']]);
  });

  it('cuts long texts, and a detail that is too large as a whole', () => {
    const { audit, rows } = createLog();
    audit.record(ROOT, 'a', 'x'.repeat(5000), { detail: { text: 'y'.repeat(5000) } });
    audit.record(ROOT, 'b', '', { detail: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, 'z'.repeat(1000)])) });
    const [second, first] = rows();
    expect([first?.target.length, (first?.detail['text'] as string).length]).toEqual([1024, 1024]);
    expect(JSON.stringify(second?.detail).length).toBeLessThan(1200);
  });
});

describe('R02: writing', () => {
  it('an act whose entry cannot be written is undone', () => {
    const { audit, store } = createLog();
    jest.spyOn(store.audit, 'append').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    expect(() => store.transaction(() => {
      store.meta.set('act', 'done');
      audit.record(ROOT, 'a', 'b');
    })).toThrow('disk full');
    expect(store.meta.get('act')).toBeUndefined();
  });

  it('a refusal stays what it is when its entry cannot be written, and the log says so', () => {
    const { audit, store, lines } = createLog();
    jest.spyOn(store.audit, 'append').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    expect(() => audit.note(ROOT, 'a', 'b', { result: 'denied' })).not.toThrow();
    expect(lines).toMatchObject([{ level: 'error', message: expect.stringContaining('could not be written') as string }]);
  });

  it('a flood of refusals from one network becomes a few entries and one sum, and others are still heard', () => {
    const { audit, rows, clock } = createLog();
    const from = (address: string): void => audit.note(strangerIn({ address, requestId: 'r' }), 'user.sign-in', 'user:?', { result: 'denied' });
    for (let n = 0; n < 500; n++) from(`2001:db8::${n.toString(16)}`);
    from('192.0.2.1');
    expect(rows()).toHaveLength(31);
    expect(rows()[0]?.address).toBe('192.0.2.1');
    clock.advance(60_000);
    expect(rows()[0]).toMatchObject({ actorKind: 'hub', action: 'audit.suppressed', target: 'address:2001:db8:0:0::/64', detail: { count: 470 } });
    from('2001:db8::1');
    expect(rows()).toHaveLength(33);
  });

  it('Q10: no flood hides what the hub notes by itself', () => {
    const { audit, rows } = createLog();
    for (let i = 0; i < 700; i++) audit.note(strangerIn({ address: `10.${i >> 8}.${i & 255}.1`, requestId: `r-${i}` }), 'user.sign-in', 'user:bob', { result: 'denied' });
    audit.note('hub', 'isolation.failed', 'hub', { result: 'failed' });
    expect(rows()[0]).toMatchObject({ actorKind: 'hub', action: 'isolation.failed' });
  });

  it('a flood from many networks is limited too', () => {
    const { audit, rows, clock } = createLog();
    for (let n = 0; n < 5000; n++) audit.note(strangerIn({ address: `10.${n >> 8}.${n & 255}.1`, requestId: 'r' }), 'user.sign-in', 'user:?', { result: 'denied' });
    expect(rows()).toHaveLength(600);
    clock.advance(60_000);
    expect(rows()[0]).toMatchObject({ action: 'audit.suppressed', target: 'address:elsewhere', detail: { count: 4400 } });
  });

  it('what is counted when the hub ends is told before it does', () => {
    const { audit, rows } = createLog();
    for (let n = 0; n < 40; n++) audit.note(ROOT, 'request.denied', 'POST /x', { result: 'denied' });
    audit.close();
    expect(rows()[0]).toMatchObject({ action: 'audit.suppressed', detail: { count: 10 } });
  });
});

describe('R02: the retention rule', () => {
  const fill = (store: Store, count: number, at: Date): void => {
    for (let n = 0; n < count; n++) store.audit.append({ at, actorKind: 'hub', actor: 'hub', actorId: '', via: '', credential: '', address: '', requestId: '', action: 'x', target: '', result: 'ok', detail: {} });
  };

  it('removes what is older than its limit, says so in the log itself, and leaves a whole chain', async () => {
    const { audit, store, clock, rows } = createLog(30 * DAY);
    fill(store, 1500, clock.now());
    clock.jumpWall(20 * DAY);
    fill(store, 2, clock.now());
    clock.jumpWall(11 * DAY);
    await audit.prune();
    expect(rows().map((row) => row.action)).toEqual(['audit.pruned', 'audit.pruned', 'x', 'x']);
    expect(rows()[0]).toMatchObject({ actorKind: 'hub', detail: { count: 500, last: expect.stringMatching(/^1500:[0-9a-f]{64}$/) as string } });
    expect(verifyChain(store.audit)).toMatchObject({ ok: true, anchor: { id: 1500 } });
    await audit.prune();
    expect(rows()).toHaveLength(4);
  });

  it('runs by itself every day, and never with a limit of 0', async () => {
    const [kept, pruned] = [createLog(0), createLog(DAY)];
    for (const { store, clock } of [kept, pruned]) {
      fill(store, 3, clock.now());
      clock.jumpWall(2 * DAY);
      clock.advance(DAY);
    }
    await turn();
    expect(kept.rows()).toHaveLength(3);
    expect(pruned.rows().map((row) => row.action)).toEqual(['audit.pruned']);
  });

  it('removes nothing when it cannot write that it did', async () => {
    const { audit, store, clock, rows } = createLog(DAY);
    fill(store, 3, clock.now());
    clock.jumpWall(2 * DAY);
    jest.spyOn(store.audit, 'append').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    await expect(audit.prune()).rejects.toThrow('disk full');
    expect(rows()).toHaveLength(3);
  });

  it('the head of the chain is logged every day and at the end, so that it is known outside of the file', () => {
    const { audit, clock, lines, store } = createLog();
    audit.record(ROOT, 'a', 'b');
    const { hash } = store.audit.ends().head;
    clock.advance(DAY);
    audit.close();
    expect(heads(lines)).toEqual([`1:${hash}`, `1:${hash}`, `1:${hash}`]);
  });
});

describe('R02: reading', () => {
  it('takes an administrator: neither the scope nor the office alone is enough', async () => {
    const { audit, rows } = createLog();
    const ask = { filter: {}, limit: 5 };
    for (const actor of [{ ...ROOT, admin: false }, { ...ROOT, scopes: new Map() }]) {
      expect(await codeOf(audit.search(actor, ask))).toBe('forbidden');
      expect(await codeOf(() => audit.export(actor, { format: 'csv' }))).toBe('forbidden');
    }
    expect(rows()).toEqual([]);
  });

  it('finds what is far down a long log, page by page', async () => {
    const { audit } = createLog();
    audit.record(ROOT, 'needle', 'user:first');
    for (let n = 0; n < 6000; n++) audit.record(ROOT, 'hay', `user:u${n}`);
    audit.record(ROOT, 'needle', 'user:last');
    const one = await audit.search(ROOT, { filter: { action: 'needle' }, limit: 1 });
    expect(one.rows.map((row) => row.target)).toEqual(['user:last']);
    const two = await audit.search(ROOT, { filter: { action: 'needle' }, limit: 5, ...(one.next === null ? {} : { before: one.next }) });
    expect(two.rows.map((row) => row.target)).toEqual(['user:first']);
    expect([two.next, two.head.id]).toEqual([null, 6002]);
  });

  it('an export is recorded before its first line, and ends with the log as it was asked for', async () => {
    const { audit, rows } = createLog();
    audit.record(ROOT, 'one', 'user:bob');
    const { chunks, head } = audit.export(ROOT, { format: 'jsonl' });
    expect(rows()[0]).toMatchObject({ action: 'audit.export', actor: 'root', detail: { format: 'jsonl' } });
    expect(head.id).toBe(1);
    let text = '';
    for await (const chunk of chunks) text += chunk;
    expect(text.trim().split('\n').map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(['one']);
  });
});

describe('what the services record', () => {
  const last = (store: Store) => store.audit.list({ offset: 0, limit: 1 })[0];

  it('a sign-in, by the session that it opened, and the sign-out of that', async () => {
    const { signIn, login, actors, store, addWithPassword } = createWorld();
    await addWithPassword('alice');
    const { session, cookie } = await signIn('Alice', GOOD);
    expect(last(store)).toMatchObject({ actor: 'alice', via: 'cookie', credential: session.id, action: 'user.sign-in', target: 'user:alice', result: 'ok' });
    const actor = actors.byCookie(cookie);
    if (actor === undefined) throw new Error('not signed in');
    login.signOut(actor, session.id);
    expect(last(store)).toMatchObject({ actor: 'alice', credential: session.id, action: 'user.sign-out' });
  });

  it('R08: a sign-in that failed, by name only where there is such an account: people type passwords there', async () => {
    const { signIn, store, addWithPassword } = createWorld();
    await addWithPassword('alice');
    await failure(signIn('alice', 'wrong'));
    expect(last(store)).toMatchObject({ actorKind: 'anonymous', address: FROM.address, action: 'user.sign-in', target: 'user:alice', result: 'denied', detail: { code: 'forbidden' } });
    await failure(signIn('my secret pass phrase', 'x'));
    expect(last(store)).toMatchObject({ target: 'user:?', result: 'denied' });
    expect(JSON.stringify(store.audit.list(ALL))).not.toContain('secret pass');
  });

  it('A16: names that would forge lines are escaped in what is exported', async () => {
    const { signIn, audit, store, add, browserOf } = createWorld();
    await failure(signIn('bob\r\n{"level":"info","msg":"admin logged in"}', 'x'));
    audit.record('hub', 'x', 'bob\r\n{"level":"info"}\u202e');
    const root = browserOf(add('root', { admin: true }));
    let text = '';
    for await (const chunk of audit.export(root, { format: 'jsonl' }).chunks) text += chunk;
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(text.trim().split('\n')).toHaveLength(store.audit.ends().head.id - 1);
  });

  it('a sign-in whose entry cannot be written opens no session', async () => {
    const { signIn, store, addWithPassword } = createWorld();
    const alice = await addWithPassword('alice');
    jest.spyOn(store.audit, 'append').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    await expect(signIn('alice', GOOD)).rejects.toThrow('disk full');
    expect(store.sessions.listOf(alice.id)).toEqual([]);
  });

  it('a token, with its id, scopes and note, and never its secret', () => {
    const { tokens, store, add, browserOf } = createWorld();
    const alice = add('alice');
    const { token, secret } = tokens.create(browserOf(alice), alice, { note: 'nightly', scopes: ['access:servers!user'], expiresInSeconds: 60 });
    expect(last(store)).toMatchObject({ action: 'token.create', target: 'user:alice', detail: { token: token.id, scopes: ['access:servers!user'], note: 'nightly' } });
    expect(JSON.stringify(store.audit.list(ALL))).not.toContain(secret);
  });

  it('signing up, by the address it came from', async () => {
    const { accounts, store } = createWorld();
    await accounts.signUp({ username: 'carol', password: GOOD, address: FROM.address, requestId: 'r-7' });
    expect(last(store)).toMatchObject({ actorKind: 'anonymous', action: 'user.sign-up', target: 'user:carol', address: FROM.address, requestId: 'r-7' });
  });
});
