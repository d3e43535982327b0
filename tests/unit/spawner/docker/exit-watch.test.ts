import { PassThrough } from 'node:stream';
import type { InstanceId, ServerId } from '../../../../hub/domain/ids';
import type { DockerClient } from '../../../../spawner/docker/client';
import { createExitWatch, type Lab } from '../../../../spawner/docker/exit-watch';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import { LABEL } from '../../../../spawner/labels';
import { createFakeClock } from '../../../support/fake-clock';
import { capture, turn } from '../../services/servers-support';

const SERVER = 'server-id' as ServerId;

function watching() {
  const clock = createFakeClock();
  const events = new PassThrough();
  const list: { labs: Lab[] } = { labs: [] };
  const lab: Lab = { containerId: 'c1', server: SERVER, handle: { spawner: 'docker', id: `jupyterlab-alice/${SERVER}` }, running: true };
  const client = { call: async () => events } as unknown as DockerClient;
  const settings = { ...DOCKER_DEFAULTS, instance: 'this-hub' as InstanceId, dataDir: '/nowhere' };
  const watch = createExitWatch({ client, settings, clock, log: capture([]), labs: async () => list.labs, handleOf: (name, server) => ({ spawner: 'docker', id: `${name}/${server}` }) });
  const told: string[] = [];
  watch.onExit((server) => told.push(server));
  const die = (): void => void events.write(`${JSON.stringify({ Actor: { ID: 'c1', Attributes: { name: 'jupyterlab-alice', [LABEL.server]: SERVER } } })}\n`);
  const wait = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await turn();
  };
  return { watch, lab, list, told, die, wait };
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
