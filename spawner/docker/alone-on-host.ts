import { createServer, type Server } from 'node:net';

/** A name in Linux's abstract namespace: it belongs to a network namespace, as the rules do, and is free the moment its holder is gone. */
const NAME = '\0berth-firewall';
const AGAIN_MS = 20;
const LONGEST_WAIT_MS = 10_000;

/**
 * Runs `work` while no other hub of this host does. Whoever holds the name for too long is not waited for: it may be a stranger's
 * program, and a turn out of order is better than none.
 */
export async function aloneOnHost<T>(work: () => Promise<T>): Promise<T> {
  const held = await take();
  try {
    return await work();
  } finally {
    held?.close();
  }
}

async function take(): Promise<Server | null> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const held = await listen();
    if (held !== null || performance.now() > until) return held;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** null: somebody else has it. */
function listen(): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen(NAME, () => resolve(server));
  });
}
