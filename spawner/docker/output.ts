import { Transform, type Readable, type TransformCallback } from 'node:stream';

const HEADER = 8;
const STDOUT = 1;

/** Takes the frames away in which the engine sends the two outputs of a container, and the second of these. */
export function createOutput(): Transform {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      for (let at = 0; at < chunk.length; ) {
        if (left === 0) {
          const part = chunk.subarray(at, at + HEADER - header.length);
          header = Buffer.concat([header, part]);
          at += part.length;
          if (header.length < HEADER) break;
          left = header.readUInt32BE(4);
        } else {
          const part = chunk.subarray(at, at + left);
          if (header.readUInt8(0) === STDOUT) this.push(part);
          at += part.length;
          left -= part.length;
        }
        if (left === 0) header = Buffer.alloc(0);
      }
      done();
    },
    // An end within a frame is none.
    flush: (done) => done(left === 0 && header.length === 0 ? null : new Error('the output of a container broke off')),
  });
}

/** The first line, and nothing of what follows it. Rejects when there is none, when it is longer than `most`, or with the signal. */
export function readLine(from: Readable, { most, signal }: { readonly most: number; readonly signal: AbortSignal }): Promise<string> {
  return new Promise((resolve, reject) => {
    const seen: Buffer[] = [];
    let length = 0;
    const done = (act: () => void): void => {
      from.off('readable', look).off('end', ended).off('error', failed).off('close', ended);
      signal.removeEventListener('abort', aborted);
      act();
    };
    const failed = (err: Error): void => done(() => reject(err));
    const ended = (): void => failed(new Error('it ended before it said what it found'));
    const aborted = (): void => failed(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    function look(): void {
      for (let chunk = from.read() as Buffer | null; chunk !== null; chunk = from.read() as Buffer | null) {
        const at = chunk.indexOf('\n');
        seen.push(at < 0 ? chunk : chunk.subarray(0, at));
        length += chunk.length;
        if (at >= 0) {
          const rest = chunk.subarray(at + 1);
          return done(() => {
            if (rest.length > 0) from.unshift(rest);
            resolve(Buffer.concat(seen).toString('utf8'));
          });
        }
        if (length > most) return failed(new Error('what it found is too long'));
      }
    }
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    from.on('readable', look).once('end', ended).once('error', failed).once('close', ended);
  });
}
