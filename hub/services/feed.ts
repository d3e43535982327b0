import type { Actor } from '../domain/access';
import { can, HUB } from '../domain/access';
import type { UserId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { Topic } from '../domain/topics';

/** Says that something changed, never what: whoever is told asks again, with all the rules of asking. */
export interface Feed {
  /** `owner`: whose; absent: nobody's in particular, and only administrators are told. */
  publish(topic: Topic, owner?: UserId): void;
  /** To everybody who follows, such as a maintenance that everybody has to know of. */
  publishToAll(topic: Topic): void;
  /**
   * Topics that changed since the last look, of those asked for; what is the actor's own soon, what is others' at most every few seconds.
   * The first one is empty and comes at once. Ends when `signal` aborts.
   */
  follow(actor: Actor, topics: ReadonlySet<Topic>, signal: AbortSignal): AsyncIterable<{ readonly topics: readonly Topic[] }>;
  /** Whether anybody follows: what nobody looks at need not be measured so often. */
  isFollowed(topic: Topic): boolean;
}

const OWN_MS = 250;
/** A hundred starts a second are one look of an administrator's page. */
const OTHERS_MS = 2_000;

interface Follower {
  readonly user: UserId | null;
  readonly seesAll: boolean;
  readonly topics: ReadonlySet<Topic>;
  readonly changed: Set<Topic>;
  dueMs: number;
  wake: () => void;
}

export function createFeed(clock: Clock): Feed {
  const followers = new Set<Follower>();

  const tell = (follower: Follower, topic: Topic, inMs: number): void => {
    if (!follower.topics.has(topic)) return;
    const first = follower.changed.size === 0;
    follower.changed.add(topic);
    const due = clock.monotonicMs() + inMs;
    if (!first && follower.dueMs <= due) return;
    follower.dueMs = due;
    follower.wake();
  };

  async function* follow(actor: Actor, topics: ReadonlySet<Topic>, signal: AbortSignal): AsyncGenerator<{ readonly topics: readonly Topic[] }, void> {
    const follower: Follower = { user: actor.kind === 'user' ? (actor.id as UserId) : null, seesAll: can(actor, 'admin-ui', HUB), topics, changed: new Set(), dueMs: 0, wake: () => undefined };
    followers.add(follower);
    try {
      yield { topics: [] };
      while (!signal.aborted) {
        await restUntilDue(clock, follower, signal);
        if (signal.aborted) return;
        const changed = [...follower.changed];
        follower.changed.clear();
        yield { topics: changed };
      }
    } finally {
      followers.delete(follower);
    }
  }

  return {
    publish(topic, owner) {
      for (const follower of followers) {
        const own = owner !== undefined && follower.user === owner;
        if (own || follower.seesAll) tell(follower, topic, own ? OWN_MS : OTHERS_MS);
      }
    },
    publishToAll: (topic) => followers.forEach((follower) => tell(follower, topic, OWN_MS)),
    follow,
    isFollowed: (topic) => [...followers].some((follower) => follower.topics.has(topic)),
  };
}

/** Until there is something to say and it is time to say it. */
function restUntilDue(clock: Clock, follower: Follower, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let cancel = (): void => undefined;
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      follower.wake = () => undefined;
      resolve();
    };
    const arm = (): void => {
      cancel();
      if (follower.changed.size > 0) cancel = clock.after(Math.max(0, follower.dueMs - clock.monotonicMs()), done);
    };
    follower.wake = arm;
    if (signal.aborted) return done();
    signal.addEventListener('abort', done);
    arm();
  });
}
