import type { Socket } from 'node:net';
import { types } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

/** Smaller pieces may share their memory, and are no burden to the garbage collector. */
const WORTH_IT = 16 * 1024;

/** What is transferred to nobody is freed: the one way that all supported versions of Node have (`ArrayBuffer.prototype.transfer` came later). */
const nobody = ((): MessagePort => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  return port1;
})();

/**
 * Frees the pieces of bodies as soon as they have left the process. Node's parser makes 64 KiB of new memory for each read of a client's
 * body, and V8 answers every 20 MB of such memory with a collection of the whole heap: measured at half of an upload's CPU, and more
 * with a larger heap. Only for a socket on which nothing is written but what nobody looks at again.
 */
export function giveBackWritten(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = socket.uncork.bind(socket);
  let last: unknown = null;
  socket.write = (...args: unknown[]) => {
    [last] = args;
    return write(...args);
  };
  // undici corks for each piece, so that it goes out together with what frames it.
  socket.uncork = () => {
    uncork();
    // With nothing left to write, the kernel has it all.
    if (last instanceof Uint8Array && socket.writableLength === 0) giveBack(last);
    last = null;
  };
}

function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < WORTH_IT || byteLength !== buffer.byteLength || !types.isArrayBuffer(buffer)) return;
  nobody.postMessage(null, [buffer]);
}
