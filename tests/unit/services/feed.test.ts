import type { Actor } from '../../../hub/domain/access';
import { newId, type UserId } from '../../../hub/domain/ids';
import { TOPICS, topicOfAction, type Topic } from '../../../hub/domain/topics';
import { createFeed } from '../../../hub/services/feed';
import { createFakeClock } from '../../support/fake-clock';
import { actorOf } from './servers-support';

const alice = { id: newId<UserId>(), name: 'alice', admin: false } as never as Parameters<typeof actorOf>[0];
const bob = { id: newId<UserId>(), name: 'bob', admin: false } as never as Parameters<typeof actorOf>[0];
const everything: ReadonlySet<Topic> = new Set(TOPICS);

function follow(who: Actor, topics: ReadonlySet<Topic> = everything) {
  const clock = createFakeClock();
  const feed = createFeed(clock);
  const abort = new AbortController();
  const events = feed.follow(who, topics, abort.signal)[Symbol.asyncIterator]();
  return { clock, feed, abort, next: () => events.next() };
}

describe('the feed', () => {
  it('tells people of their own things soon, and of nothing that is others\'', async () => {
    const { clock, feed, abort, next } = follow(actorOf(alice, ['self']));
    expect(await next()).toEqual({ value: { topics: [] }, done: false });
    const event = next();
    feed.publish('servers', bob.id);
    feed.publish('users');
    feed.publish('volumes', alice.id);
    feed.publish('servers', alice.id);
    feed.publish('servers', alice.id);
    await clock.advance(250);
    expect(await event).toEqual({ value: { topics: ['volumes', 'servers'] }, done: false });
    const none = next();
    feed.publish('servers', bob.id);
    await clock.advance(60_000);
    abort.abort();
    expect(await none).toEqual({ value: undefined, done: true });
  });

  it('tells administrators of everybody\'s, however often it changes at most every two seconds', async () => {
    const { clock, feed, next } = follow(actorOf(alice, ['admin-ui']));
    await next();
    const event = next();
    let came = false;
    void event.then(() => (came = true));
    for (let i = 0; i < 19; i++) {
      feed.publish('servers', bob.id);
      await clock.advance(100);
    }
    expect(came).toBe(false);
    await clock.advance(100);
    expect(await event).toEqual({ value: { topics: ['servers'] }, done: false });
  });

  it('leaves out what was not asked for, and forgets whoever went away', async () => {
    const { clock, feed, abort, next } = follow(actorOf(alice, ['self']), new Set<Topic>(['tokens']));
    await next();
    const event = next();
    expect([feed.isFollowed('tokens'), feed.isFollowed('servers')]).toEqual([true, false]);
    feed.publish('servers', alice.id);
    feed.publishToAll('maintenance');
    await clock.advance(60_000);
    feed.publishToAll('tokens');
    await clock.advance(250);
    expect(await event).toEqual({ value: { topics: ['tokens'] }, done: false });
    const last = next();
    abort.abort();
    await last;
    expect(feed.isFollowed('tokens')).toBe(false);
  });

  it('knows what an action of the audit log is about', () => {
    expect([topicOfAction('server.start'), topicOfAction('share-code.create'), topicOfAction('oauth.token')]).toEqual(['servers', 'shares', undefined]);
  });
});
