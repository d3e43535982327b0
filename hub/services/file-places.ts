import { HubError } from '../domain/errors';

export interface Places {
  /** Takes one; the returned function gives it back, once. Throws `rate-limited`. */
  enter(of: string): () => void;
}

/** A few at a time for each, and not many for all: each holds a connection to the engine for as long as it takes. */
export function createPlaces({ each, all, tooMany }: { readonly each: number; readonly all: number; readonly tooMany: string }): Places {
  const taken = new Map<string, number>();
  let sum = 0;
  return {
    enter(of) {
      const own = taken.get(of) ?? 0;
      if (own >= each || sum >= all) throw new HubError('rate-limited', tooMany, { retryAfterSeconds: 30 });
      taken.set(of, own + 1);
      sum += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        sum -= 1;
        const now = (taken.get(of) ?? 1) - 1;
        if (now === 0) taken.delete(of);
        else taken.set(of, now);
      };
    },
  };
}
