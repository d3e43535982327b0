import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HubError } from '../../domain/errors';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { asFile } from '../as-file';
import { demandOwnVisit } from '../middleware/same-origin';
import { createOpenStreams } from '../open-streams';

const PER_USER = 2;
const LOOK_MS = 10_000;
/** Somebody who reads nothing for this long holds on to the engine for nothing. */
const SLOW_LOOKS = 6;

export interface Sent {
  readonly fileName: string;
  /** Absent: a tar archive, of a size that nobody knows before its end. */
  readonly bytes?: number;
  readonly stream: Readable;
}

export interface Downloads {
  open(x: Exchange, begin: (signal: AbortSignal) => Promise<Sent>): Reply;
}

/** Files and archives of volumes: written as fast as they are read and no faster. One that could not be completed is cut, so that nobody takes it for whole. */
export function createVolumeDownloads({ deps }: Kit): Downloads {
  const { sessions } = deps.services;
  const streams = createOpenStreams(sessions, { perUser: PER_USER, tooMany: 'Too many downloads are open.' });

  const run = async (x: Exchange, begin: (signal: AbortSignal) => Promise<Sent>, abort: AbortController): Promise<void> => {
    const { res } = x;
    res.once('close', () => abort.abort());
    const { stream, fileName, bytes } = await begin(abort.signal);
    res.writeHead(200, { ...asFile(fileName), ...(bytes === undefined ? { 'Content-Type': 'application/x-tar' } : { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes }), 'X-Accel-Buffering': 'no' });
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
    open(x, begin) {
      demandOwnVisit(x);
      // Only when it runs, because a HEAD request never does: neither counted nor recorded.
      const stream = async (): Promise<void> => {
        const abort = new AbortController();
        const leave = streams.enter(actorOf(x), abort);
        await run(x, begin, abort).finally(leave);
      };
      return { kind: 'stream', run: stream };
    },
  };
}
