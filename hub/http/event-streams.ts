import type { Exchange, Reply } from './exchange';
import { actorOf, type Kit } from './kit';
import { createOpenStreams } from './open-streams';

const PER_USER = 20;
const KEEP_ALIVE_MS = 8_000;
/** A peer that is gone without a word is noticed when the kernel gives up on a keep-alive write. */
const TCP_KEEP_ALIVE_MS = 10_000;

export interface EventStreams {
  /**
   * Server-sent events, each the JSON of one `event`. `begin` is called before the headers, so that what it throws is an answer of its own.
   * A stream ends with its source, with its reader, or with the credential it was opened with.
   */
  open(x: Exchange, begin: (signal: AbortSignal) => AsyncIterable<object>): Reply;
}

/** `what` goes on a "Too many … are open." */
export function createEventStreams({ deps }: Kit, what: string): EventStreams {
  const streams = createOpenStreams(deps.services.sessions, { perUser: PER_USER, tooMany: `Too many ${what} are open.` });

  const run = async (x: Exchange, events: AsyncIterable<object>, abort: AbortController): Promise<void> => {
    const { res, req } = x;
    res.once('close', () => abort.abort());
    req.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-store', 'X-Accel-Buffering': 'no' });
    res.write('\n\n');
    // While the reader does not read, nothing is added: the next event is the newest one anyway.
    let broken: unknown;
    const quiet = deps.clock.every(KEEP_ALIVE_MS, () => {
      try {
        if (!res.writableNeedDrain) res.write('\n\n');
      } catch (err) {
        // Of this reader alone: thrown out of a timer, it would end the hub.
        broken = err;
        abort.abort();
      }
    });
    try {
      for await (const event of events) {
        if (!res.write(`data: ${JSON.stringify(event)}\n\n`)) await drained(res, abort.signal);
        if (abort.signal.aborted) break;
      }
      // What broke off must not look like an end.
      if (broken !== undefined) throw broken as Error;
      res.end();
    } finally {
      quiet();
    }
  };

  return {
    open(x, begin) {
      const abort = new AbortController();
      const events = begin(abort.signal);
      // Counted when it runs, because a HEAD request never does.
      const stream = async (): Promise<void> => {
        const leave = streams.enter(actorOf(x), abort);
        await run(x, events, abort).finally(leave);
      };
      return { kind: 'stream', run: stream };
    },
  };
}

const drained = (res: Exchange['res'], signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted || res.destroyed) return resolve();
    const done = (): void => {
      res.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    res.on('drain', done);
    signal.addEventListener('abort', done);
  });
