import type { Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { Sessions } from '../services/contract';

export interface OpenStreams {
  /**
   * Counts one more answer that goes on and on; it is aborted when the credential ends that it was asked for with (A17). Throws
   * `rate-limited`. The returned function takes it out again.
   */
  enter(actor: Actor, abort: AbortController): () => void;
}

export function createOpenStreams(sessions: Pick<Sessions, 'onEnded'>, { perUser, tooMany }: { readonly perUser: number; readonly tooMany: string }): OpenStreams {
  const counts = new Map<string, number>();
  const open = new Map<string, Set<AbortController>>();
  sessions.onEnded((credential) => {
    for (const abort of open.get(credential) ?? []) abort.abort();
  });
  return {
    enter({ kind, id, credential }, abort) {
      const who = `${kind}:${id}`;
      const count = counts.get(who) ?? 0;
      if (count >= perUser) throw new HubError('rate-limited', tooMany, { retryAfterSeconds: 10 });
      counts.set(who, count + 1);
      const set = open.get(credential) ?? new Set();
      open.set(credential, set.add(abort));
      return () => {
        counts.set(who, (counts.get(who) ?? 1) - 1);
        if (counts.get(who) === 0) counts.delete(who);
        set.delete(abort);
        if (set.size === 0) open.delete(credential);
      };
    },
  };
}
