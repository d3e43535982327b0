import { createHasher } from '../../../../auth/password/hasher';
import { isForeign } from '../../../../auth/password/foreign';

const BCRYPT = '$2b$04$APU..gz36OH3frZPvtvcWe4OTEC/ek0PPQcoGcGsER8IzFQsoFOPO';
const OTHER = `${BCRYPT.slice(0, -1)}P`;
const CHEAP = { memoryKiB: 64, passes: 1 };

/** Stands in for bcrypt, and notes what it was asked. */
function withOlder(sample: string | undefined = OTHER) {
  const asked: string[] = [];
  const older = { verify: (hash: string, password: string) => (asked.push(hash), Promise.resolve(hash === BCRYPT && password === 'right')), sample: () => sample };
  return { asked, hasher: createHasher({ ...CHEAP, older }) };
}

test('A06: an older hash lets its owner in, and asks to be made anew', async () => {
  const { hasher } = withOlder();
  expect(await hasher.verify(BCRYPT, 'right')).toEqual({ ok: true, stale: true });
  expect(await hasher.verify(BCRYPT, 'wrong')).toMatchObject({ ok: false });
});

test('A01: while older hashes are left, every wrong password costs one run of each kind, and a right one of ours costs only ours', async () => {
  const { hasher, asked } = withOlder();
  const own = await hasher.hash('mine');
  const done = () => hasher.counts().done;
  for (const stored of [undefined, own, BCRYPT]) {
    const [before, runs] = [asked.length, done()];
    await hasher.verify(stored, 'wrong');
    expect([asked.length - before, done() - runs]).toEqual([1, 1]);
  }
  const before = asked.length;
  expect(await hasher.verify(own, 'mine')).toEqual({ ok: true, stale: false });
  expect(asked).toHaveLength(before);
});

test('without older hashes nothing but argon2 runs', async () => {
  const older = { verify: () => Promise.reject(new Error('not to be asked')), sample: () => undefined };
  expect(await createHasher({ ...CHEAP, older }).verify(undefined, 'wrong')).toMatchObject({ ok: false });
});

test.each(['', 'sha512:1:ab:cd', '$2b$31$APU..gz36OH3frZPvtvcWe4OTEC/ek0PPQcoGcGsER8IzFQsoFOPO', '$2b$04$short', '$2x$04$APU..gz36OH3frZPvtvcWe4OTEC/ek0PPQcoGcGsER8IzFQsoFOPO'])('A08: %p is no hash that is verified', (hash) => {
  expect(isForeign(hash)).toBe(false);
});
