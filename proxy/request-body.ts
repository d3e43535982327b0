import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** Bytes; what costs little more by itself than together with others. */
const CRUMB = 1024;

/**
 * A client's body on its way to the upstream. It stands between the two so that undici, which destroys a body when the response is
 * there first, does not destroy the client's request with it: the client must still be able to read that response (H09).
 */
export class RequestBody extends Readable {
  private readonly source: IncomingMessage;
  private readonly onBytes: () => void;
  private waiting: Buffer[] = [];

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

  /**
   * Crumbs that come in one read go on as one piece. A client may send a byte per chunk, eleven thousand of them in one read, and passing
   * on each by itself would keep everybody else waiting (H08).
   */
  private readonly onData = (chunk: Buffer): void => {
    if (this.waiting.push(chunk) > 1) return;
    if (chunk.length < CRUMB) setImmediate(this.flush);
    else this.flush();
  };

  private readonly flush = (): void => {
    const { waiting } = this;
    if (waiting.length === 0 || this.destroyed) return;
    this.waiting = [];
    this.onBytes();
    const [first] = waiting;
    if (!this.push(waiting.length === 1 ? first : Buffer.concat(waiting))) this.source.pause();
  };

  private readonly onEnd = (): void => {
    this.flush();
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
