import { always, startHostileUpstream } from './hostile-upstream';
import type { HostileUpstream } from './hostile-upstream';
import { closeStartedProxies, startProxy } from './start-proxy';
import type { TestProxy } from './start-proxy';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';

export interface Pair {
  hub: TestProxy;
  alice: HostileUpstream;
  bob: HostileUpstream;
}

/** A proxy with a server of alice's and one of bob's, both scripted; fresh for every test of the file. */
export function useProxyPair(overrides: Parameters<typeof startProxy>[0] = {}): Pair {
  const pair = {} as Pair;
  beforeEach(async () => {
    pair.hub = await startProxy(overrides);
    pair.alice = await startHostileUpstream(always(OK));
    pair.bob = await startHostileUpstream(always(OK));
    pair.hub.route('alice', pair.alice.origin);
    pair.hub.route('bob', pair.bob.origin);
  });
  afterEach(async () => {
    await closeStartedProxies();
    await Promise.all([pair.alice.close(), pair.bob.close()]);
  });
  return pair;
}
