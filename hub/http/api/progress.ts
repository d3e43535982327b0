import { HubError } from '../../domain/errors';
import type { ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import { stageText } from '../../../views/components/server';
import type { Progress } from '../../services/contract';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';

const PER_USER = 20;
const KEEP_ALIVE_MS = 8_000;
/** A peer that is gone without a word is noticed when the kernel gives up on a keep-alive write. */
const TCP_KEEP_ALIVE_MS = 10_000;

/**
 * Live progress as server-sent events (protocol, 2.13). JupyterHub's fields, plus `stage`, `at` and, while an image is pulled,
 * bytes. A stream ends with the start it follows, with its reader, or with the credential it was opened with.
 */
export function createProgressStreams({ deps }: Kit): { open(x: Exchange, owner: User, name: ServerName): Reply } {
  const { servers, sessions } = deps.services;
  const perUser = new Map<string, number>();
  const open = new Map<string, Set<AbortController>>();
  sessions.onEnded((credential) => {
    for (const abort of open.get(credential) ?? []) abort.abort();
  });

  const enter = (who: string, credential: string, abort: AbortController): (() => void) => {
    const count = perUser.get(who) ?? 0;
    if (count >= PER_USER) throw new HubError('rate-limited', 'Too many progress streams are open.', { retryAfterSeconds: 10 });
    perUser.set(who, count + 1);
    const set = open.get(credential) ?? new Set();
    open.set(credential, set.add(abort));
    return () => {
      perUser.set(who, (perUser.get(who) ?? 1) - 1);
      if (perUser.get(who) === 0) perUser.delete(who);
      set.delete(abort);
      if (set.size === 0) open.delete(credential);
    };
  };

  const run = async (x: Exchange, events: AsyncIterable<Progress>, abort: AbortController): Promise<void> => {
    const { res, req } = x;
    res.once('close', () => abort.abort());
    req.socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-store', 'X-Accel-Buffering': 'no' });
    res.write('\n\n');
    // While the reader does not read, nothing is added: the next event is the newest one anyway.
    const quiet = deps.clock.every(KEEP_ALIVE_MS, () => {
      if (!res.writableNeedDrain) res.write('\n\n');
    });
    try {
      for await (const event of events) {
        if (!res.write(`data: ${JSON.stringify(eventModel(x, event))}\n\n`)) await drained(res, abort.signal);
        if (abort.signal.aborted) break;
      }
    } finally {
      quiet();
      res.end();
    }
  };

  return {
    open(x, owner, name) {
      const actor = actorOf(x);
      const abort = new AbortController();
      // Before the headers: an unknown or idle server is 404 or 400, not an empty stream.
      const events = servers.follow(actor, owner, name, abort.signal);
      // Counted when it runs, because a HEAD request never does.
      const stream = async (): Promise<void> => {
        const leave = enter(`${actor.kind}:${actor.id}`, actor.credential, abort);
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

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** JupyterHub's one field that holds markup; its clients insert it as such. */
const html = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

function eventModel(x: Exchange, event: Progress): Record<string, unknown> {
  switch (event.kind) {
    case 'ready':
      return { progress: 100, ready: true, message: event.message, html_message: `Server ready at <a href="${html(event.url)}">${html(event.url)}</a>`, url: event.url };
    case 'failed':
      return { progress: 100, failed: true, message: event.message, html_message: html(event.message) };
    case 'stage': {
      const { stage } = event;
      const bytes = stage.kind === 'pulling' ? { received_bytes: stage.receivedBytes, total_bytes: stage.totalBytes } : {};
      const place = stage.kind === 'queued' ? { position: stage.position } : {};
      return { progress: event.percent, message: stageText(stage, x.t), stage: stage.kind, at: stage.at.toISOString(), ...bytes, ...place };
    }
  }
}
