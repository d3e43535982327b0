import { StringDecoder } from 'node:string_decoder';
import { HubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import { cleanLine, redact } from '../log-text';
import type { DockerClient } from './client';
import { DEADLINE } from './client';

/** A silent log is either a quiet server or a dead engine: after this long, somebody asks. */
const SILENCE_MS = 30_000;
const LONGEST_LINE = 8_192;
const HEADER = 8;

export interface FollowAsk {
  readonly containerId: string;
  readonly secrets: readonly string[];
  readonly lines: number;
  readonly signal: AbortSignal;
  /** Whether it still runs; rejects when the engine does not answer. */
  readonly alive: () => Promise<boolean>;
}

/** Pulls: what its reader does not take stays in the engine (O07). Holds at most one unfinished line of each of the two outputs. */
export async function* followLog(client: DockerClient, clock: Clock, ask: FollowAsk): AsyncGenerator<readonly string[], void> {
  if (ask.signal.aborted) return;
  const stream = await open(client, ask);
  const close = (): void => stream.destroy();
  ask.signal.addEventListener('abort', close, { once: true });
  const split = createFrames();
  try {
    const source = stream[Symbol.asyncIterator]();
    for (let next = source.next(); ; ) {
      const got = await orSilence(clock, next, ask.signal);
      if (got === 'silence' && (await ask.alive())) continue;
      if (got === 'silence' || got === 'aborted' || got.done === true) return;
      const lines = redact(split(got.value as Buffer), ask.secrets).map(cleanLine).filter((line) => line !== '');
      if (lines.length > 0) yield lines;
      next = source.next();
    }
  } catch (err) {
    if (!ask.signal.aborted) throw err instanceof HubError ? err : new HubError('unavailable', 'Docker stopped sending the log. Try again in a moment.', { cause: err, retryAfterSeconds: 10 });
  } finally {
    ask.signal.removeEventListener('abort', close);
    stream.destroy();
  }
}

type LogStream = NodeJS.ReadableStream & { destroy(): void };

const open = async (client: DockerClient, { containerId, lines }: FollowAsk): Promise<LogStream> =>
  (await client.call({ what: 'follow the log', ms: DEADLINE.logs, run: (d, abortSignal) => d.getContainer(containerId).logs({ follow: true, stdout: true, stderr: true, tail: lines, abortSignal }) })) as unknown as LogStream;

type Piece = IteratorResult<string | Buffer>;

function orSilence(clock: Clock, next: Promise<Piece>, signal: AbortSignal): Promise<Piece | 'silence' | 'aborted'> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => done(() => resolve('aborted'));
    const cancel = clock.after(SILENCE_MS, () => done(() => resolve('silence')));
    function done(answer: () => void): void {
      cancel();
      signal.removeEventListener('abort', aborted);
      answer();
    }
    signal.addEventListener('abort', aborted, { once: true });
    next.then((piece) => done(() => resolve(piece)), (err: unknown) => done(() => reject(err as Error)));
  });
}

/** Takes the frames away in which the engine sends the two outputs; a frame may come in any number of pieces. */
function createFrames(): (chunk: Buffer) => readonly string[] {
  const outputs = new Map<number, (bytes: Buffer) => readonly string[]>();
  let header = Buffer.alloc(0);
  let left = 0;

  /** Returns how much of the chunk it took. */
  function readHeader(chunk: Buffer): number {
    const part = chunk.subarray(0, HEADER - header.length);
    header = Buffer.concat([header, part]);
    if (header.length === HEADER) left = header.readUInt32BE(4);
    return part.length;
  }

  function readBody(chunk: Buffer, lines: string[]): number {
    const part = chunk.subarray(0, left);
    left -= part.length;
    const from = header.readUInt8(0);
    const output = outputs.get(from) ?? createLines();
    outputs.set(from, output);
    lines.push(...output(part));
    return part.length;
  }

  return (chunk) => {
    const lines: string[] = [];
    for (let at = 0; at < chunk.length; ) {
      at += header.length < HEADER ? readHeader(chunk.subarray(at)) : readBody(chunk.subarray(at), lines);
      if (header.length === HEADER && left === 0) header = Buffer.alloc(0);
    }
    return lines;
  };
}

/** Whole lines only, so that a secret is never cut in two; what a line has beyond the longest is dropped. */
function createLines(): (bytes: Buffer) => readonly string[] {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (bytes) => {
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    return lines.map((line) => line.slice(0, LONGEST_LINE));
  };
}
