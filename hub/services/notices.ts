import { can, demand, HUB, notFound, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type UserId } from '../domain/ids';
import { LONGEST_NOTICE, phaseOfNotice, type Notice } from '../domain/notice';
import type { Clock, Logger } from '../domain/runtime';
import { shown } from '../domain/shown';
import type { Store } from '../store/store';
import type { Recorder } from './contract';
import type { Feed } from './feed';
import type { TellLab } from './lab-notice';
import { createNoticeDelivery } from './notice-delivery';
import { audienceOf, namesOf } from './notice-audience';
import type { NoticeAsk, Notices, NoticeView, OwnNotice } from './notices-contract';
import { createWallWatch } from './wall-watch';

export interface NoticesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly feed: Pick<Feed, 'publish' | 'publishToAll'>;
  readonly tellLab: TellLab;
}

export interface NoticesService extends Notices {
  /** A server of theirs may have become ready. */
  moved(owner: UserId): void;
  /** Goes on where the last hub stopped. Called once at boot, when servers are known. */
  resume(): void;
  close(): void;
}

const LOOK_MS = 5_000;
const DAY_MS = 86_400_000;
const SHOWN_DAYS = 7;
const LATEST_DAYS = 366;
const KEPT_DAYS = 90;
/** More than anybody reads on one page. */
const OWN_MOST = 50;
const PREVIEW_MOST = 100;

/** Messages of administrators. All of it is in the store: any hub goes on with it at any point, and a lab that was being told is told again. */
export function createNotices({ store, clock, log, audit, feed, tellLab }: NoticesDeps): NoticesService {
  const state = store.notices;
  const wall = createWallWatch(clock);
  const delivery = createNoticeDelivery({ store, clock, log, feed, tellLab });
  /** When the next one is to be sent; null: none is, and nobody looks at the clock. */
  let next: Date | null = null;
  let stopLooking: (() => void) | null = null;
  let closed = false;

  function plan(): void {
    next = closed ? null : state.nextDue(clock.now());
    if (next !== null) stopLooking ??= clock.every(LOOK_MS, look);
    else {
      stopLooking?.();
      stopLooking = null;
    }
  }

  const record = (actor: Actor | 'hub', action: `notice.${string}`, { id, message, variant }: Notice, detail: Record<string, unknown> = {}): void =>
    audit.record(actor, action, `notice:${id}`, { detail: { message, variant, ...detail } });

  /** Everybody whom it is for sees it from now on. */
  function send(actor: Actor | 'hub', notice: Notice): void {
    const to = store.transaction(() => {
      const users = state.send(notice.id, clock.now());
      record(actor, 'notice.send', notice, { people: users.length });
      return users;
    });
    if (notice.audience.users === null && notice.audience.groups === null) feed.publishToAll('notices');
    else for (const user of to) feed.publish('notices', user);
  }

  const begin = (notice: Notice): void => void delivery.deliver(notice).catch((err: unknown) => log.error({ notice: notice.id, err }, 'a message was not given to labs'));

  function look(): void {
    wall.look();
    if (next === null || next > clock.now() || !wall.isSteady()) return;
    for (const notice of state.due(clock.now())) {
      send('hub', notice);
      begin(notice);
    }
    plan();
  }

  const forget = (): void => state.prune(new Date(clock.now().getTime() - KEPT_DAYS * DAY_MS));

  function find(actor: Actor, id: string): Notice {
    demand(actor, 'admin:servers', HUB);
    const notice = state.byId(id);
    if (notice === undefined) throw new HubError('not-found', 'There is no such message.');
    return notice;
  }

  function view({ audience, ...notice }: Notice): NoticeView {
    const { waiting, successful, failed } = state.countsOf(notice.id);
    return { ...notice, phase: phaseOfNotice(notice, clock.now()), to: namesOf(store, audience), total: waiting + successful + failed, successful, failed, waiting };
  }

  /** Throws `invalid-input`. */
  function noticeOf(actor: Actor, ask: NoticeAsk): Notice {
    const now = clock.now();
    const message = ask.message.trim();
    if (message === '' || message.length > LONGEST_NOTICE) throw new HubError('invalid-input', `Write a message of 1 to ${LONGEST_NOTICE} characters.`);
    if (shown(message, message.length) !== message.replaceAll('\n', '?')) throw new HubError('invalid-input', 'The message has characters that cannot be seen.');
    const from = ask.from === undefined || ask.from < now ? now : ask.from;
    const until = ask.until ?? new Date(from.getTime() + SHOWN_DAYS * DAY_MS);
    const latest = now.getTime() + LATEST_DAYS * DAY_MS;
    if (!(until > from) || until.getTime() > latest) throw new HubError('invalid-input', 'A message ends after it is sent, and within a year.');
    return { id: newId(), message, variant: ask.variant, autoClose: ask.autoClose, audience: audienceOf(store, ask), by: actor.name, created: now, from, until, sent: null };
  }

  async function broadcast(actor: Actor, ask: NoticeAsk) {
    demand(actor, 'admin:servers', HUB);
    const notice = noticeOf(actor, ask);
    if (notice.from > clock.now()) {
      store.transaction(() => {
        state.add(notice);
        record(actor, 'notice.schedule', notice, { from: notice.from.toISOString() });
      });
      plan();
      return { notice: view(notice), details: [] };
    }
    store.transaction(() => {
      forget();
      state.add(notice);
      send(actor, notice);
    });
    const details = await delivery.deliver(notice);
    if (closed) throw new HubError('unavailable', 'The hub ended while labs were being told. The next one goes on.');
    return { notice: view(state.byId(notice.id) ?? notice), details };
  }

  function own(actor: Actor, open: boolean): readonly OwnNotice[] {
    if (actor.kind !== 'user') return [];
    return state.receivedBy(actor.id, { now: clock.now(), open, limit: OWN_MOST }).map(({ notice: { id, message, variant, by, from, until }, dismissed }) => ({ id, message, variant, by, from, until, dismissed }));
  }

  return {
    broadcast,
    preview(actor, to) {
      demand(actor, 'admin:servers', HUB);
      return state.reach(audienceOf(store, to), PREVIEW_MOST);
    },
    list(actor, { offset, limit, days }) {
      demand(actor, 'admin:servers', HUB);
      const since = days === undefined ? null : new Date(clock.now().getTime() - days * DAY_MS);
      const { notices, total } = state.list({ offset, limit, since });
      return { notices: notices.map(view), total };
    },
    get: (actor, id) => view(find(actor, id)),
    results: (actor, id, page) => state.resultsOf(find(actor, id).id, page).map(({ user, status, error, dismissed }) => ({ username: user, status, error, dismissed })),
    expire(actor, id) {
      const notice = find(actor, id);
      store.transaction(() => {
        state.expire(id, clock.now());
        record(actor, 'notice.expire', notice);
      });
      plan();
      feed.publishToAll('notices');
      return view(find(actor, id));
    },
    remove(actor, id) {
      const notice = find(actor, id);
      store.transaction(() => {
        state.remove(id);
        record(actor, 'notice.delete', notice);
      });
      plan();
      feed.publishToAll('notices');
    },
    clearable(actor) {
      demand(actor, 'admin:servers', HUB);
      return state.clearable(clock.now());
    },
    clear(actor) {
      demand(actor, 'admin:servers', HUB);
      const count = store.transaction(() => {
        const removed = state.clear(clock.now());
        audit.record(actor, 'notice.clear', 'hub', { detail: { messages: removed } });
        return removed;
      });
      plan();
      feed.publishToAll('notices');
      return count;
    },
    open: (actor) => (can(actor, 'read:users', selfOf(actor)) ? own(actor, true) : []),
    received(actor) {
      demand(actor, 'read:users', selfOf(actor));
      return own(actor, false);
    },
    dismiss(actor, id) {
      demand(actor, 'users:activity', selfOf(actor));
      const notice = state.byId(id);
      if (notice === undefined || actor.kind !== 'user') throw notFound();
      store.transaction(() => {
        if (!state.dismiss(id, actor.id, clock.now())) throw notFound();
        audit.record(actor, 'notice.dismiss', `notice:${id}`);
      });
      feed.publish('notices', actor.id);
    },
    moved: delivery.moved,
    resume() {
      forget();
      state.current(clock.now()).forEach(begin);
      plan();
      look();
    },
    close() {
      closed = true;
      plan();
      delivery.close();
    },
  };
}

const selfOf = (actor: Actor) => ({ kind: 'user', name: actor.name, groups: actor.groups }) as const;
