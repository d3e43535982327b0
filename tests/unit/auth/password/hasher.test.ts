import { hash } from '@node-rs/argon2';
import { createHasher } from '../../../../auth/password/hasher';
import type { HubError } from '../../../../hub/domain/errors';

const CHEAP = { memoryKiB: 64, passes: 1 };

describe('the password hasher', () => {
  it('A06: makes argon2id with at least 19 MiB and two passes, a 16-byte salt and its parameters in the string', async () => {
    const hasher = createHasher();
    const [first, second] = [await hasher.hash('four unrelated words'), await hasher.hash('four unrelated words')];
    const [, , version, cost, salt, output] = first.split('$');
    expect(first).toMatch(/^\$argon2id\$/);
    expect([version, cost]).toEqual(['v=19', 'm=19456,t=2,p=1']);
    expect(Buffer.from(salt ?? '', 'base64')).toHaveLength(16);
    expect(Buffer.from(output ?? '', 'base64')).toHaveLength(32);
    expect(first).not.toBe(second);
  });

  it('A06: calls a hash stale that was made with less work or by another variant', async () => {
    const weak = await createHasher(CHEAP).hash('secret words');
    const other = await hash('secret words', { ...{ memoryCost: 128, timeCost: 2, parallelism: 1 }, algorithm: 1 });
    const today = createHasher({ memoryKiB: 128, passes: 2 });
    expect(await today.verify(weak, 'secret words')).toEqual({ ok: true, stale: true });
    expect(await today.verify(other, 'secret words')).toEqual({ ok: true, stale: true });
    expect(await today.verify(await today.hash('secret words'), 'secret words')).toEqual({ ok: true, stale: false });
  });

  it('A07: tells passwords apart beyond 72 bytes and beyond a NUL', async () => {
    const hasher = createHasher(CHEAP);
    const long = await hasher.hash(`${'a'.repeat(72)}X`);
    expect(await hasher.verify(long, `${'a'.repeat(72)}Y`)).toMatchObject({ ok: false });
    const nul = await hasher.hash('pw\0x');
    expect(await hasher.verify(nul, 'pw\0y')).toMatchObject({ ok: false });
    expect(await hasher.verify(nul, 'pw\0x')).toMatchObject({ ok: true });
  });

  it('A07: takes passwords that are equal under NFKC as equal', async () => {
    const hasher = createHasher(CHEAP);
    const composed = await hasher.hash('caf\u00e9 ﬁn');
    expect(await hasher.verify(composed, 'cafe\u0301 fin')).toMatchObject({ ok: true });
  });

  it.each([['1025 bytes', 'a'.repeat(1025)], ['513 two-byte letters', 'é'.repeat(513)], ['1 MiB', 'a'.repeat(1 << 20)]])('A08: refuses %s without hashing', async (_what, password) => {
    const hasher = createHasher(CHEAP);
    const tries = [hasher.hash(password), hasher.verify(undefined, password)];
    for (const one of tries) await expect(one).rejects.toMatchObject({ code: 'invalid-input' });
    expect(hasher.counts().done).toBe(0);
  });

  it('takes 1024 bytes', async () => {
    const hasher = createHasher(CHEAP);
    const longest = 'é'.repeat(512);
    expect(await hasher.verify(await hasher.hash(longest), longest)).toMatchObject({ ok: true });
  });

  it('A08: hashes two at once, lets 32 wait and sends the others away at once with a time to come back', async () => {
    const hasher = createHasher({ ...CHEAP, running: 2, waiting: 32 });
    const tries = Array.from({ length: 200 }, () => hasher.verify(undefined, 'x'));
    expect(hasher.counts()).toMatchObject({ running: 2, waiting: 32 });
    const settled = await Promise.allSettled(tries);
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as HubError] : []));
    expect(refused).toHaveLength(200 - 34);
    for (const err of refused) expect(err).toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: expect.any(Number) as number });
    expect(hasher.counts()).toEqual({ running: 0, waiting: 0, done: 34 });
  });

  it('gives the place in the line of a caller who went away to the next one', async () => {
    const hasher = createHasher({ ...CHEAP, running: 1, waiting: 2 });
    const leaving = new AbortController();
    const first = hasher.hash('one');
    const second = hasher.hash('two', leaving.signal);
    const third = hasher.hash('three');
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect(hasher.counts()).toMatchObject({ running: 1, waiting: 1 });
    await Promise.all([first, third]);
    expect(hasher.counts()).toEqual({ running: 0, waiting: 0, done: 2 });
    await expect(hasher.hash('four', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it.each([['nothing', undefined], ['an empty string', ''], ['a bcrypt hash', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'], ['garbage', '$argon2id$nonsense']])(
    'A01: does the same work when the record holds %s, and says no',
    async (_what, phc) => {
      const hasher = createHasher(CHEAP);
      expect(await hasher.verify(phc, 'x')).toEqual({ ok: false, stale: false });
      expect(hasher.counts().done).toBe(1);
    },
  );

  it('A08: leaves the event loop free while it hashes', async () => {
    const hasher = createHasher({ memoryKiB: 19_456, passes: 2 });
    let turns = 0;
    let busy = true;
    const spin = (): void => {
      turns += 1;
      if (busy) setImmediate(spin);
    };
    spin();
    await hasher.hash('four unrelated words');
    busy = false;
    expect(turns).toBeGreaterThan(2);
  });
});
