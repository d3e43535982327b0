export type { FakeBehaviour } from './behaviour';
export { NORMAL, bad, diesLater, never, slow } from './behaviour';
export type { FakeEngine, FakeOptions, FakeSpawner } from './fake-spawner';
export { createFakeEngine, createFakeSpawner } from './fake-spawner';
