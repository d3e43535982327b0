import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { giveBackWritten } from './give-back';

/**
 * What comes from upstreams is read into memory of ours, not into 64 KiB of new memory for each read: a long body goes through one large
 * buffer again and again, which stays in the processor's cache (half of configurable-http-proxy's CPU per GB instead of 1.2 times).
 */
export interface Reads {
  readonly connector: buildConnector.connector;
  /** What is being parsed now; null outside of a read, for example while undici goes through what it had put aside. */
  readonly current: Reading | null;
}

/** Nothing that is read is overwritten unless `spent` was said about it: pieces of it may wait in a client's socket, or be half a header. */
export interface Reading {
  /** Much more of this body is to come, and the client takes it: worth a large buffer for the next read. */
  expectMore(): void;
  /** All of this read has left the process; nobody holds a piece of it. */
  spent(): void;
}

const LARGE = 256 * 1024;
/** Free ones that are kept; each transfer has one of its own while it lasts. */
const KEPT = 8;
const SLAB = 64 * 1024;
/** Most answers are short, and many a connection brings one and no second: whoever never fills what there is to read into gets no more at a time. */
const SMALL_SLAB = 16 * 1024;
/** A slab with less room than that is replaced by a new one. */
const SMALLEST_READ = 4 * 1024;
/** One upstream may keep the others waiting for so many bytes; Node reads on for as long as there is something, 32 buffers in a row. */
const IN_ONE_TURN = 1024 * 1024;

export function createReads(options: buildConnector.BuildOptions): Reads {
  const free: Buffer[] = [];
  const reads = {
    current: null as Reading | null,
    connector(to: buildConnector.Options, callback: buildConnector.Callback): void {
      const reader = new Reader(reads, free);
      const connect = buildConnector({ ...options, onread: reader.onread } as buildConnector.BuildOptions);
      connect(to, (...[err, socket]) => {
        if (err !== null) return callback(err, null);
        reader.attach(socket as Socket);
        giveBackWritten(socket as Socket);
        return callback(null, socket as Socket);
      });
    },
  };
  return reads;
}

/** Gives undici, which calls `read` when there is something to read, what was read last. */
class Reader implements Reading {
  readonly onread = { buffer: (): Buffer => this.next(), callback: (size: number, buffer: Buffer): boolean => this.take(size, buffer) };
  private socket: Socket | null = null;
  private pending: Buffer | null = null;
  /** Somebody came for more than there was, so the kernel may be asked. */
  private asked = false;
  private inTurn = 0;
  private slab = Buffer.allocUnsafeSlow(SMALL_SLAB);
  /** The last read took all the room that it had: more was there. */
  private filled = false;
  private large: Buffer | null = null;
  private size = 0;
  private wantsMore = false;
  private isSpent = false;

  constructor(
    private readonly reads: { current: Reading | null },
    private readonly free: Buffer[],
  ) {}

  attach(socket: Socket): void {
    this.socket = socket;
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size) => {
      const { pending } = this;
      // What was put back comes first.
      if (pending !== null && socket.readableLength === 0) {
        this.pending = null;
        return pending;
      }
      this.asked = true;
      return read(size);
    };
  }

  expectMore(): void {
    this.wantsMore = true;
  }

  spent(): void {
    this.isSpent = true;
  }

  private take(size: number, buffer: Buffer): boolean {
    this.size = size;
    this.filled = size === buffer.length;
    this.wantsMore = this.isSpent = this.asked = false;
    this.pending = buffer.subarray(0, size);
    this.reads.current = this;
    try {
      this.socket?.emit('readable');
    } finally {
      this.reads.current = null;
    }
    if (!this.asked) return false;
    this.inTurn += size;
    if (this.inTurn < IN_ONE_TURN) return true;
    this.inTurn = 0;
    setImmediate(() => this.socket?.read(0));
    return false;
  }

  /** What the next read goes into. */
  private next(): Buffer {
    if (this.large !== null) {
      if (this.isSpent && this.wantsMore) return this.large;
      if (this.isSpent && this.free.length < KEPT) this.free.push(this.large);
      this.large = null;
    } else this.slab = this.slab.subarray(this.size);
    this.size = 0;
    if (this.wantsMore) return (this.large = this.free.pop() ?? Buffer.allocUnsafeSlow(LARGE));
    if (this.filled || this.slab.length < SMALLEST_READ) this.slab = Buffer.allocUnsafeSlow(this.filled ? SLAB : SMALL_SLAB);
    return this.slab;
  }
}
