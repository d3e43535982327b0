import { PassThrough } from 'node:stream';
import type { DockerClient } from '../../../../spawner/docker/client';
import { followLog } from '../../../../spawner/docker/log-follow';
import { createFakeClock } from '../../../support/fake-clock';
import { turn } from '../../services/servers-support';

const SECRET = 'a-secret-of-one-server-only';

/** As the engine sends it: kind of output, length, text. */
function frame(kind: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function following(alive: () => Promise<boolean> = async () => true) {
  const clock = createFakeClock();
  const stream = new PassThrough();
  const abort = new AbortController();
  const client = { call: async () => stream } as unknown as DockerClient;
  const lines: string[] = [];
  const read = async (): Promise<void> => {
    for await (const piece of followLog(client, clock, { containerId: 'c1', secrets: [SECRET], lines: 10, signal: abort.signal, alive })) lines.push(...piece);
  };
  const wait = async (ms = 0): Promise<void> => {
    for (let i = 0; i < 5; i++) await turn();
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await turn();
  };
  return { stream, abort, lines, done: read(), wait };
}

test('O07: lines are whole and without secrets, however the engine cuts its frames', async () => {
  const { stream, lines, done } = following();
  const bytes = Buffer.concat([frame(1, 'one\ntw'), frame(2, `err ${SECRET}\n`), frame(1, 'o ä\n'), frame(1, ''), frame(1, 'three\n')]);
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  stream.end();
  await done;
  expect(lines).toEqual(['one', 'err [secret]', 'two ä', 'three']);
});

test('O07: an endless line is cut, and holds no more than its beginning', async () => {
  const { stream, lines, done } = following();
  for (let i = 0; i < 50; i++) stream.write(frame(1, 'x'.repeat(10_000)));
  stream.end(frame(1, '\nnext\n'));
  await done;
  expect(lines.map((line) => line.length)).toEqual([2_001, 4]);
});

test('O07: a silent log of a living server goes on; of a dead one it ends; of an engine that does not answer it fails, and the stream is closed', async () => {
  const living = following();
  await living.wait(30_000);
  living.stream.write(frame(1, 'still here\n'));
  await living.wait();
  expect(living.lines).toEqual(['still here']);
  living.abort.abort();
  await living.done;
  const dead = following(async () => false);
  await dead.wait(30_000);
  await dead.done;
  const hung = following(() => Promise.reject(new Error('no answer')));
  const failed = expect(hung.done).rejects.toMatchObject({ code: 'unavailable' });
  await hung.wait(30_000);
  await failed;
  expect([living, dead, hung].map(({ stream }) => stream.destroyed)).toEqual([true, true, true]);
});
