import { PassThrough } from 'node:stream';
import type { InstanceId, ServerId } from '../../../../hub/domain/ids';
import type { DockerClient } from '../../../../spawner/docker/client';
import { createExitWatch, type Lab } from '../../../../spawner/docker/exit-watch';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import type { Change } from '../../../../spawner/spawner';
import { LABEL } from '../../../../spawner/labels';
import { createFakeClock } from '../../../support/fake-clock';
import { capture, turn } from '../../services/servers-support';

const SERVER = 'server-id' as ServerId;

function watching() {
  const clock = createFakeClock();
  const streams: PassThrough[] = [];
  const list: { labs: Lab[] } = { labs: [] };
  const lab: Lab = { containerId: 'c1', server: SERVER, handle: { spawner: 'docker', id: `jupyterlab-alice/${SERVER}` }, running: true, paused: false, attached: true };
  const client = { call: async () => streams[streams.push(new PassThrough()) - 1] } as unknown as DockerClient;
  const settings = { ...DOCKER_DEFAULTS, instance: 'this-hub' as InstanceId, dataDir: '/nowhere' };
  const watch = createExitWatch({ client, settings, clock, log: capture([]), labs: async () => list.labs, memoryLimit: async () => 2 * 1024 ** 3, handleOf: (name, server) => ({ spawner: 'docker', id: `${name}/${server}` }) });
  const told: string[] = [];
  watch.onExit((server) => told.push(server));
  const changes: Change[] = [];
  watch.onChange((_server, _handle, change) => changes.push(change));
  const say = (Action: string): void => void streams.at(-1)?.write(`${JSON.stringify({ Action, Actor: { ID: 'c1', Attributes: { name: 'jupyterlab-alice', [LABEL.server]: SERVER } } })}\n`);
  const die = (): void => say('die');
  const wait = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await turn();
  };
  return { watch, lab, list, streams, told, changes, say, die, wait };
}

test('M16: a container that somebody started again by hand is told of when it ends again', async () => {
  const { watch, lab, list, told, die, wait } = watching();
  await wait();
  watch.started(lab);
  die();
  await wait();
  expect(told).toEqual([SERVER]);
  list.labs = [lab];
  await wait(30_000);
  list.labs = [];
  die();
  await wait();
  expect(told).toEqual([SERVER, SERVER]);
  watch.close();
});

test('M16: an end is told once, though the event, the list and the start call come in any order', async () => {
  const { watch, lab, list, told, die, wait } = watching();
  await wait();
  die();
  await wait();
  watch.started(lab);
  die();
  await wait(30_000);
  list.labs = [{ ...lab, running: false }];
  await wait(30_000);
  expect(told).toEqual([SERVER]);
  watch.close();
});

test('O11: a pause and its end are told once each, by the event or by the list', async () => {
  const { watch, lab, list, changes, say, wait } = watching();
  await wait();
  watch.started(lab);
  say('pause');
  await wait();
  list.labs = [{ ...lab, paused: true }];
  await wait(30_000);
  expect(changes).toEqual([{ kind: 'paused' }]);
  // The event is lost: the list tells.
  list.labs = [lab];
  await wait(30_000);
  expect(changes).toEqual([{ kind: 'paused' }, { kind: 'resumed' }]);
  list.labs = [{ ...lab, attached: false }];
  await wait(30_000);
  list.labs = [lab];
  await wait(30_000);
  expect(changes.slice(2)).toEqual([{ kind: 'detached' }, { kind: 'attached' }]);
  watch.close();
});

test('O12: something that is killed for memory inside is told with the limit, and an end for want of memory is told as an end alone', async () => {
  const { watch, lab, told, changes, say, die, wait } = watching();
  await wait();
  watch.started(lab);
  say('oom');
  await wait(700);
  expect(changes).toEqual([{ kind: 'child-killed', at: expect.any(Date) as Date, limit: 2 * 1024 ** 3 }]);
  expect(told).toEqual([]);
  say('oom');
  die();
  await wait(700);
  expect(changes).toHaveLength(1);
  expect(told).toEqual([SERVER]);
  expect(watch.lastOom('c1')).toBeInstanceOf(Date);
  watch.close();
});

test('a restart that was asked for is told to nobody, and the next end is', async () => {
  const { watch, lab, told, say, die, wait } = watching();
  await wait();
  watch.started(lab);
  watch.expect('c1');
  die();
  say('start');
  watch.restarted(lab);
  await wait();
  expect(told).toEqual([]);
  die();
  await wait();
  expect(told).toEqual([SERVER]);
  watch.close();
});

test('O04: an end and a pause whose events never came are told by the next list, half a minute later at most', async () => {
  const { watch, lab, list, told, changes, wait } = watching();
  await wait();
  const other = { ...lab, containerId: 'c2' };
  watch.started(lab);
  watch.started(other);
  list.labs = [{ ...other, paused: true }];
  await wait(29_000);
  expect([told, changes]).toEqual([[], []]);
  await wait(1_000);
  expect(told).toEqual([SERVER]);
  expect(changes).toEqual([{ kind: 'paused' }]);
  watch.close();
});

test('O03: a stream that is opened again asks for what came after the last event, to the nanosecond', async () => {
  const clock = createFakeClock();
  const asked: unknown[] = [];
  const streams: PassThrough[] = [];
  const docker = {
    getEvents: async ({ since }: { readonly since?: unknown }) => {
      asked.push(since);
      const stream = Object.assign(new PassThrough(), { headers: { date: 'Sat, 21 Nov 2026 11:00:00 GMT' } });
      streams.push(stream);
      return stream;
    },
  };
  const client = { call: ({ run }: { run: (d: unknown, signal: AbortSignal) => Promise<unknown> }) => run(docker, new AbortController().signal) } as unknown as DockerClient;
  const settings = { ...DOCKER_DEFAULTS, instance: 'this-hub' as InstanceId, dataDir: '/nowhere' };
  const watch = createExitWatch({ client, settings, clock, log: capture([]), labs: async () => [], memoryLimit: async () => null, handleOf: (name, server) => ({ spawner: 'docker', id: `${name}/${server}` }) });
  watch.onExit(() => undefined);
  const breaks = async (said: string): Promise<void> => {
    for (let i = 0; i < 5; i++) await turn();
    streams.at(-1)?.write(said);
    for (let i = 0; i < 5; i++) await turn();
    streams.at(-1)?.destroy();
    for (let i = 0; i < 5; i++) await turn();
    clock.advance(1_000);
    for (let i = 0; i < 5; i++) await turn();
  };
  await breaks('');
  await breaks(`{"Action":"start","Actor":{},"timeNano":1795258800123456789}\n`);
  // The engine's own clock: nobody knows whether ours agrees with it.
  expect(asked).toEqual([undefined, String(Date.UTC(2026, 10, 21, 11) / 1_000), '1795258800.123456790']);
  watch.close();
});

test('O04: a stream that told nothing for half a minute is opened anew, and one that tells something is kept', async () => {
  const { watch, lab, streams, told, say, die, wait } = watching();
  await wait();
  watch.started(lab);
  say('start');
  await wait(30_000);
  expect(streams).toHaveLength(1);
  await wait(30_000);
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  die();
  await wait();
  expect(told).toEqual([SERVER]);
  watch.close();
  await wait(60_000);
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});

test('N09: what is no event is left out, and what goes wrong with an event is not swallowed', async () => {
  const { watch, streams, say, wait } = watching();
  await wait();
  for (const text of ['no event', 'null', '{}', '{"Action":"die"}']) expect(() => streams[0]?.write(`${text}\n`)).not.toThrow();
  watch.onExit(() => {
    throw new TypeError('a mistake');
  });
  expect(() => say('die')).toThrow('a mistake');
  watch.close();
});
