import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * A client's body on its way to the upstream. It stands between the two so that undici, which destroys a body when the response is
 * there first, does not destroy the client's request with it: the client must still be able to read that response (H09).
 */
export class RequestBody extends Readable {
  private readonly source: IncomingMessage;
  private readonly onBytes: () => void;

  constructor(source: IncomingMessage, onBytes: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.source = source;
    this.onBytes = onBytes;
    // Destroyed with an error after undici has let go of it, there is nobody left to tell.
    this.on('error', ignored);
    source.pause();
    source.on('data', this.onData);
    source.on('end', this.onEnd);
    source.on('close', this.onClose);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.onBytes();
    if (!this.push(chunk)) this.source.pause();
  };

  private readonly onEnd = (): void => {
    this.push(null);
  };

  private readonly onClose = (): void => {
    if (!this.source.complete) this.destroy(new Error('The client went away.'));
  };

  override _read(): void {
    this.source.resume();
  }

  override _destroy(err: Error | null, done: (err?: Error | null) => void): void {
    this.source.off('data', this.onData);
    this.source.off('end', this.onEnd);
    this.source.off('close', this.onClose);
    done(err);
  }
}

const ignored = (): void => undefined;
