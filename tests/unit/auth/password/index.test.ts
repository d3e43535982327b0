import { createPasswordAuthenticator, type PasswordRecord } from '../../../../auth/password';
import { createHasher, type HasherSettings } from '../../../../auth/password/hasher';
import type { PasswordHasher } from '../../../../auth/authenticator';

const CHEAP = { memoryKiB: 64, passes: 1 };
const RIGHT = 'four unrelated words';
const never = (): AbortSignal => new AbortController().signal;
const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

async function world(settings: HasherSettings = CHEAP, stored: HasherSettings = settings) {
  const hasher = createHasher(settings);
  const phc = await createHasher(stored).hash(RIGHT);
  const records = new Map<string, PasswordRecord>([['alice', { subject: 'a', username: 'alice', phc }], ['bare', { subject: 'b', username: 'bare', phc: undefined }]]);
  const rehashed: { subject: string; phc: string; replaces: string }[] = [];
  const make = (by: PasswordHasher) =>
    createPasswordAuthenticator({ hasher: by, lookup: (name) => records.get(name), rehash: (subject, fresh, replaces) => void rehashed.push({ subject, phc: fresh, replaces }) });
  return { hasher, records, rehashed, phc, make, authenticator: make(hasher) };
}

describe('the password authenticator', () => {
  it('A01: hashes as often, answers the same and takes about as long for a name that does not exist', async () => {
    const { authenticator, hasher } = await world({});
    const times: Record<string, number[]> = { alice: [], nobody: [] };
    const runs: Record<string, number> = { alice: 0, nobody: 0 };
    const answers = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      for (const username of ['alice', 'nobody']) {
        const [before, started] = [hasher.counts().done, performance.now()];
        answers.add(JSON.stringify(await authenticator.verify({ username, password: 'wrong' }, never())));
        times[username]?.push(performance.now() - started);
        runs[username] = (runs[username] ?? 0) + hasher.counts().done - before;
      }
    }
    expect(runs).toEqual({ alice: 30, nobody: 30 });
    expect([...answers]).toEqual(['{"ok":false,"reason":"bad-credentials"}']);
    // Loose on purpose: a busy machine must not fail it, skipping the hash (a thousandth of the time) must.
    const ratio = median(times['alice'] ?? []) / median(times['nobody'] ?? []);
    expect(ratio).toBeGreaterThan(0.2);
    expect(ratio).toBeLessThan(5);
  });

  it('A01: hashes for an account without a password, too', async () => {
    const { authenticator, hasher } = await world();
    expect(await authenticator.verify({ username: 'bare', password: RIGHT }, never())).toEqual({ ok: false, reason: 'bad-credentials' });
    expect(hasher.counts().done).toBe(1);
  });

  it('A06: stores a stronger hash at the sign-in after the parameters rose, and only then', async () => {
    const { authenticator, rehashed, phc, hasher } = await world({ memoryKiB: 128, passes: 2 }, CHEAP);
    await authenticator.verify({ username: 'alice', password: 'wrong' }, never());
    expect(rehashed).toEqual([]);
    await authenticator.verify({ username: 'alice', password: RIGHT }, never());
    expect(rehashed).toEqual([{ subject: 'a', phc: expect.stringContaining('m=128,t=2') as string, replaces: phc }]);
    expect(await hasher.verify(rehashed[0]?.phc, RIGHT)).toEqual({ ok: true, stale: false });
  });

  it('says busy instead of rejecting when too many wait', async () => {
    const { make } = await world();
    const tiny = make(createHasher({ ...CHEAP, running: 1, waiting: 0 }));
    const results = await Promise.all([1, 2].map(() => tiny.verify({ username: 'alice', password: RIGHT }, never())));
    expect(results).toEqual([expect.objectContaining({ ok: true }), { ok: false, reason: 'busy' }]);
  });

  it('does not let the old password in when it was reset while the hash ran', async () => {
    const { authenticator, records, hasher } = await world();
    const fresh = await hasher.hash('another four words');
    const pending = authenticator.verify({ username: 'alice', password: RIGHT }, never());
    records.set('alice', { subject: 'a', username: 'alice', phc: fresh });
    expect(await pending).toEqual({ ok: false, reason: 'bad-credentials' });
  });

  it('lets somebody in whose hash was only strengthened while theirs ran', async () => {
    const { authenticator, records, hasher } = await world();
    const fresh = await hasher.hash(RIGHT);
    const pending = authenticator.verify({ username: 'alice', password: RIGHT }, never());
    records.set('alice', { subject: 'a', username: 'alice', phc: fresh });
    expect(await pending).toMatchObject({ ok: true });
  });

  it('A08: lets a password of more than 1024 bytes fail as bad input', async () => {
    const { authenticator, hasher } = await world();
    await expect(authenticator.verify({ username: 'alice', password: 'a'.repeat(1 << 20) }, never())).rejects.toMatchObject({ code: 'invalid-input' });
    expect(hasher.counts().done).toBe(0);
  });
});
