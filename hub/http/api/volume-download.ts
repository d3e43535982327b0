import { pipeline } from 'node:stream/promises';
import { HubError } from '../../domain/errors';
import type { VolumeId } from '../../domain/ids';
import type { User } from '../../domain/user';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { demandOwnVisit } from '../middleware/same-origin';
import { createOpenStreams } from '../open-streams';

const PER_USER = 2;
const LOOK_MS = 10_000;
/** Somebody who reads nothing for this long holds on to the engine for nothing. */
const SLOW_LOOKS = 6;

/** Archives of volumes: written as fast as they are read and no faster. One that could not be completed is cut, so that nobody takes it for whole. */
export function createVolumeDownloads({ deps }: Kit): { open(x: Exchange, owner: User, id: VolumeId | undefined): Reply } {
  const { volumes, sessions } = deps.services;
  const streams = createOpenStreams(sessions, { perUser: PER_USER, tooMany: 'Too many downloads are open.' });

  const run = async (x: Exchange, ask: { readonly owner: User; readonly id: VolumeId | undefined }, abort: AbortController): Promise<void> => {
    const { res } = x;
    res.once('close', () => abort.abort());
    const { stream, fileName } = await volumes.download(actorOf(x), ask.owner, ask.id, abort.signal);
    res.writeHead(200, { 'Content-Type': 'application/x-tar', 'Content-Disposition': `attachment; filename="${fileName}"`, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    const watched = watch(x, abort);
    try {
      await pipeline(stream, res, { signal: abort.signal });
    } catch (err) {
      deps.log.info({ requestId: x.ctx.requestId, err }, 'a download of volumes broke off');
      res.destroy();
    } finally {
      watched();
    }
  };

  /** By what the peer took: bytes that wait in our own memory were not read. */
  const watch = ({ req }: Exchange, abort: AbortController): (() => void) => {
    const taken = (): number => req.socket.bytesWritten - req.socket.writableLength;
    let before = taken();
    let idle = 0;
    return deps.clock.every(LOOK_MS, () => {
      idle = taken() === before && req.socket.writableLength > 0 ? idle + 1 : 0;
      before = taken();
      if (idle >= SLOW_LOOKS) abort.abort(new HubError('upstream-timeout', 'Nobody read the download.'));
    });
  };

  return {
    open(x, owner, id) {
      demandOwnVisit(x);
      // Only when it runs, because a HEAD request never does: neither counted nor recorded.
      const stream = async (): Promise<void> => {
        const abort = new AbortController();
        const leave = streams.enter(actorOf(x), abort);
        await run(x, { owner, id }, abort).finally(leave);
      };
      return { kind: 'stream', run: stream };
    },
  };
}
