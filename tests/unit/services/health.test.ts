import type { Actor } from '../../../hub/domain/access';
import type { Logger } from '../../../hub/domain/runtime';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import type { AuditNote } from '../../../hub/services/contract';
import { createHealth, type HealthDeps } from '../../../hub/services/health';
import { openStore } from '../../../hub/store/create-store';
import type { CheckRow, SpawnerCheck } from '../../../spawner/spawner';
import { createFakeClock } from '../../support/fake-clock';

const row = (name: string, ok: boolean, more: Partial<CheckRow> = {}): CheckRow => ({ name, ok, detail: `${name} ${ok ? 'holds' : 'does not hold'}`, level: 'required', ms: 7, ...more });
const of = (...checks: CheckRow[]): SpawnerCheck => ({ ok: checks.every((c) => c.ok || c.level === 'advice'), checks });
const GOOD = of(row('engine', true), row('firewall', true), row('host', true));
const OPEN = of(row('engine', true), row('firewall', true), row('host', false));
const ADMIN = { kind: 'user', id: 'u', name: 'root', admin: true, scopes: expandRaw(['admin-ui'], { owner: { kind: 'user', name: 'root' } }), via: 'cookie', credential: 'c' } as unknown as Actor;
const NOBODY = { ...ADMIN, scopes: expandRaw([], { owner: { kind: 'user', name: 'root' } }) } as unknown as Actor;

const never = new AbortController().signal;
/** A proof that ends when the test says so. */
function later(): { readonly promise: Promise<SpawnerCheck>; resolve(check: SpawnerCheck): void } {
  let resolve: (check: SpawnerCheck) => void = () => undefined;
  const promise = new Promise<SpawnerCheck>((done) => (resolve = done));
  return { promise, resolve: (check) => resolve(check) };
}
/** Lets what is settled already come through. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

/** The proofs and looks of a spawner, in the order in which they are answered; the last one goes on. */
function world(proofs: (SpawnerCheck | Promise<SpawnerCheck>)[], guards: CheckRow[] = [row('firewall', true)], isolation: HealthDeps['isolation'] = 'require', own: () => readonly CheckRow[] = () => []) {
  const logged: string[] = [];
  const audited: { readonly action: string; readonly more: AuditNote | undefined }[] = [];
  const line = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: line, info: line, warn: line, error: line, child: () => log };
  const clock = createFakeClock();
  const store = openStore(':memory:');
  const asked = { proofs: 0, guards: 0 };
  const health = createHealth({
    store, clock, log, isolation,
    own: () => Promise.resolve(own()),
    audit: { record: (_actor, action, _target, more) => void audited.push({ action, more }), note: (_actor, action, _target, more) => void audited.push({ action, more }) },
    spawner: {
      check: () => Promise.resolve(proofs[Math.min(asked.proofs++, proofs.length - 1)] as SpawnerCheck),
      guard: () => Promise.resolve(guards[Math.min(asked.guards++, guards.length - 1)] as CheckRow),
    },
  });
  open.push(() => {
    health.close();
    store.close();
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { health, store, clock, logged, audited, asked, pass, actions: () => audited.map(({ action }) => action) };
}

describe('what /hub/ready is made of', () => {
  it('J15: a disk that does not answer is asked about once, and not again and again meanwhile', async () => {
    let asked = 0;
    const { clock } = world([GOOD], undefined, 'require', () => {
      asked += 1;
      return [];
    });
    await settle();
    const before = asked;
    // No answer arrives while the clock runs.
    clock.advance(600_000);
    expect(asked - before).toBe(1);
  });

  it('J15: tells of a disk that fills up within half a minute, once, and stops nothing because of it', async () => {
    let full = false;
    const { health, logged, pass } = world([GOOD], undefined, undefined, () => [row('disk', !full, { level: 'advice' })]);
    await health.first;
    full = true;
    await pass(30_000);
    await pass(30_000);
    expect(logged.filter((line) => line.includes('"disk"'))).toHaveLength(1);
    expect(await health.ready()).toMatchObject({ ok: true, checks: expect.arrayContaining([expect.objectContaining({ name: 'disk', ok: false })]) as unknown });
    expect(() => health.gate.demand()).not.toThrow();
  });

  it('is not ready before the first check is done', async () => {
    const { health } = world([GOOD]);
    expect(await health.ready()).toMatchObject({ ok: false, checks: [{ name: 'store', ok: true }, { name: 'isolation', ok: false }] });
    await health.first;
    expect((await health.ready()).ok).toBe(true);
  });

  it('proves again every minute until all is well, then every day, and not for whoever asks', async () => {
    const { health, asked, pass } = world([OPEN, GOOD]);
    await health.first;
    await Promise.all([health.ready(), health.ready()]);
    expect(asked.proofs).toBe(1);
    await pass(60_000);
    expect([asked.proofs, (await health.ready()).ok]).toEqual([2, true]);
    await pass(86_000_000);
    expect(asked.proofs).toBe(2);
    await pass(400_000);
    expect(asked.proofs).toBe(3);
  });

  it('J24: names what is only advice, and stays ready', async () => {
    const { health, logged } = world([of(...GOOD.checks, row('versions', false, { level: 'advice' }))]);
    await health.first;
    expect(await health.ready()).toMatchObject({ ok: true, checks: expect.arrayContaining([expect.objectContaining({ name: 'versions', ok: false })]) });
    expect(logged.join()).toContain('"check":"versions","level":"advice"');
    expect(() => health.gate.demand()).not.toThrow();
  });

  it('says so when the database cannot be written', async () => {
    const { health, store } = world([GOOD]);
    await health.first;
    store.close();
    expect(await health.ready()).toMatchObject({ ok: false, checks: [{ name: 'store', ok: false }, {}, {}, {}] });
  });
});

describe('J23: while isolation is not proven', () => {
  it('no server starts, and the reason is said without addresses', async () => {
    const { health, actions } = world([of(row('host', false, { detail: 'A lab reaches this host at 10.1.2.3 port 22.' }))]);
    await health.first;
    expect(() => health.gate.demand()).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 60, message: expect.stringContaining('a server could reach this machine') }));
    await expect(health.gate.passed(never)).rejects.toMatchObject({ message: expect.not.stringContaining('10.1.2.3') });
    expect(actions()).toEqual(['isolation.failed']);
    expect(health.report(ADMIN)).toMatchObject({ ok: false, blocked: expect.stringContaining('this machine'), rows: [{ name: 'store' }, { name: 'host', detail: expect.stringContaining('10.1.2.3'), at: expect.any(Date), ms: 7 }] });
  });

  it('that can be made a report only', async () => {
    const { health, actions } = world([OPEN], [], 'report');
    await health.first;
    expect(() => health.gate.demand()).not.toThrow();
    await expect(health.gate.passed(never)).resolves.toBeUndefined();
    expect([health.report(ADMIN).ok, health.report(ADMIN).blocked, actions()]).toEqual([false, null, ['isolation.failed']]);
  });

  it('a start waits for the first proof, not for ever, and not longer than its own life', async () => {
    const slow = later();
    const { health, clock } = world([slow.promise]);
    expect(() => health.gate.demand()).not.toThrow();
    const given = new AbortController();
    const waits = [health.gate.passed(never), health.gate.passed(given.signal), health.gate.passed(never)];
    const ends = Promise.allSettled(waits);
    given.abort(new Error('cancelled'));
    await settle();
    clock.advance(45_000);
    expect(await ends).toMatchObject([{ reason: { code: 'unavailable', retryAfterSeconds: 10 } }, { reason: { message: 'cancelled' } }, { reason: { code: 'unavailable' } }]);
    const patient = health.gate.passed(never);
    slow.resolve(GOOD);
    await expect(patient).resolves.toBeUndefined();
  });
});

describe('J23: the guard', () => {
  it('looks within a minute; what it repaired is said, recorded and proven at once', async () => {
    const { health, pass, asked, actions, audited } = world([GOOD], [row('firewall', true), row('firewall', true, { detail: 'They were missing.', repaired: true }), row('firewall', true)]);
    await health.first;
    await pass(30_000);
    expect([asked.guards, asked.proofs, actions()]).toEqual([1, 1, []]);
    await pass(30_000);
    expect([asked.guards, asked.proofs, actions()]).toEqual([2, 2, ['isolation.repaired']]);
    expect(audited[0]?.more).toEqual({ result: 'ok', detail: { check: 'firewall', detail: 'They were missing.' } });
    await pass(30_000);
    expect([asked.guards, asked.proofs]).toEqual([3, 2]);
  });

  it('what it cannot repair stops new starts at once, until a whole proof holds again', async () => {
    const { health, pass, actions } = world([GOOD, OPEN, GOOD], [row('firewall', false), row('firewall', true)]);
    await health.first;
    await pass(30_000);
    expect(() => health.gate.demand()).toThrow();
    expect(actions()).toEqual(['isolation.failed']);
    await pass(60_000);
    expect(() => health.gate.demand()).not.toThrow();
    expect(actions()).toEqual(['isolation.failed', 'isolation.proven']);
  });

  it('an engine that was away is proven as soon as it answers', async () => {
    const { health, pass, asked } = world([GOOD, of(row('engine', false)), GOOD], [row('engine', false), row('firewall', true)]);
    await health.first;
    await pass(30_000);
    expect([asked.proofs, health.report(ADMIN).ok]).toEqual([2, false]);
    await pass(30_000);
    expect([asked.proofs, health.report(ADMIN).ok]).toEqual([3, true]);
  });

  it('a proof during which something was repaired proves nothing', async () => {
    const slow = later();
    const { health, pass, asked } = world([GOOD, slow.promise, OPEN], [row('firewall', true), row('firewall', false)]);
    await health.first;
    const check = health.check(ADMIN);
    await pass(30_000);
    await pass(30_000);
    expect(asked.proofs).toBe(2);
    slow.resolve(GOOD);
    expect((await check).ok).toBe(false);
    expect(asked.proofs).toBe(3);
  });
});

describe('on demand', () => {
  it('who asks while a proof runs gets its result, and it is recorded who asked', async () => {
    const slow = later();
    const { health, asked, actions } = world([GOOD, slow.promise]);
    await health.first;
    const two = [health.check(ADMIN), health.check(ADMIN)];
    expect(health.report(ADMIN).running).toBe(true);
    slow.resolve(GOOD);
    expect((await Promise.all(two)).map(({ ok, running }) => [ok, running])).toEqual([[true, false], [true, false]]);
    expect([asked.proofs, actions()]).toEqual([2, ['health.check', 'health.check']]);
  });

  it('takes somebody who administers', async () => {
    const { health } = world([GOOD]);
    await health.first;
    expect(() => health.report(NOBODY)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    await expect(health.check(NOBODY)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
