import { createReadinessWatch } from '../../../hub/services/readiness-watch';
import { openStore } from '../../../hub/store/create-store';
import type { SpawnerCheck } from '../../../spawner/spawner';
import { createFakeClock } from '../../support/fake-clock';

const BAD: SpawnerCheck = { ok: false, checks: [{ name: 'engine', ok: false, detail: 'The engine does not answer.' }] };
const GOOD: SpawnerCheck = { ok: true, checks: [{ name: 'engine', ok: true, detail: 'Engine 20.10.' }] };

function world(answers: SpawnerCheck[]) {
  const warnings: unknown[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: (fields: object) => void warnings.push(fields), error: quiet, child: () => log };
  const clock = createFakeClock();
  const store = openStore(':memory:');
  let asked = 0;
  const check = (): Promise<SpawnerCheck> => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] as SpawnerCheck);
  const watch = createReadinessWatch({ store, spawner: { check }, clock, log });
  return { watch, store, clock, warnings, asked: () => asked };
}

describe('what /hub/ready is made of', () => {
  it('is not ready before the first check is done', async () => {
    const { watch, store } = world([GOOD]);
    const early = await watch.ready();
    expect(early).toMatchObject({ ok: false, checks: [{ name: 'store', ok: true }, { name: 'isolation', ok: false }] });
    await watch.first;
    expect((await watch.ready()).ok).toBe(true);
    watch.close();
    store.close();
  });

  it('checks again every minute until all is well, then every hour, and not for whoever asks', async () => {
    const { watch, store, clock, warnings, asked } = world([BAD, GOOD]);
    await watch.first;
    expect(await watch.ready()).toMatchObject({ ok: false, checks: [{ name: 'store' }, { name: 'engine', ok: false }] });
    expect(warnings).toEqual([{ check: 'engine', detail: 'The engine does not answer.' }]);
    await Promise.all([watch.ready(), watch.ready(), watch.ready()]);
    expect(asked()).toBe(1);
    clock.advance(60_000);
    await Promise.resolve();
    await Promise.resolve();
    expect([asked(), (await watch.ready()).ok]).toEqual([2, true]);
    clock.advance(3_500_000);
    expect(asked()).toBe(2);
    clock.advance(100_000);
    expect(asked()).toBe(3);
    watch.close();
    store.close();
  });

  it('says so when the database cannot be written', async () => {
    const { watch, store } = world([GOOD]);
    await watch.first;
    store.close();
    const { ok, checks } = await watch.ready();
    expect(ok).toBe(false);
    expect(checks[0]).toMatchObject({ name: 'store', ok: false });
    watch.close();
  });
});
