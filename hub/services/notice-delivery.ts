import type { UserId } from '../domain/ids';
import type { Notice } from '../domain/notice';
import type { ServerRecord } from '../domain/server';
import { eachBounded } from './deadlines';
import { LABS_AT_ONCE } from './lab-notice';
import type { NoticeDetail } from './notices-contract';
import type { NoticesDeps } from './notices';

export interface NoticeDelivery {
  /** To every running lab of those who wait for it, at once; those who had one, by name. */
  deliver(notice: Notice): Promise<readonly NoticeDetail[]>;
  /** Gives somebody's labs what they wait for. Never throws. */
  moved(owner: UserId): void;
  close(): void;
}

/** From messages in the store to labs, and what became of them back into the store. */
export function createNoticeDelivery({ store, clock, log, feed, tellLab }: Omit<NoticesDeps, 'audit'>): NoticeDelivery {
  const state = store.notices;
  /** A lab that is being told is not told a second time meanwhile. */
  const underway = new Map<string, Promise<string | null>>();
  let closed = false;

  async function tellOnce({ id, message, variant, autoClose }: Notice, record: ServerRecord): Promise<string | null> {
    const { error } = await tellLab(record, { message, type: variant, autoClose });
    // The next hub tells it again: better twice than never.
    if (closed) return error;
    state.result(id, record.owner, error === null ? { status: 'success', error: null } : { status: 'failed', error });
    feed.publish('notices', record.owner);
    return error;
  }

  function tell(notice: Notice, record: ServerRecord): Promise<string | null> {
    const key = `${notice.id} ${record.id}`;
    const known = underway.get(key);
    if (known !== undefined) return known;
    const told = tellOnce(notice, record).finally(() => underway.delete(key));
    underway.set(key, told);
    return told;
  }

  const failed = (record: ServerRecord, err: unknown): void => log.error({ server: record.id, err }, 'what became of a message could not be written down');

  async function toLabs(notice: Notice, labs: readonly ServerRecord[]): Promise<ReadonlyMap<UserId, string | null>> {
    const errors = new Map<UserId, string | null>();
    await eachBounded(labs, { limit: LABS_AT_ONCE, onError: failed }, async (record) => {
      if (closed) return;
      const error = await tell(notice, record);
      // Somebody with two labs has read it in one.
      if (errors.get(record.owner) !== null) errors.set(record.owner, error);
    });
    return errors;
  }

  return {
    async deliver(notice) {
      const labs = state.waitingLabs(notice.id).flatMap(({ server }) => store.servers.byId(server) ?? []);
      const errors = await toLabs(notice, labs);
      const details = [...errors].flatMap(([user, error]): NoticeDetail[] => {
        const username = closed ? undefined : store.users.byId(user)?.name;
        return username === undefined ? [] : [{ username, status: error === null ? 'success' : 'failed', error }];
      });
      return details.toSorted((a, b) => (a.username < b.username ? -1 : 1));
    },
    moved(owner) {
      if (closed) return;
      try {
        const waited = state.waitedFor(owner, clock.now());
        const labs = waited.length === 0 ? [] : store.servers.listOf(owner).filter(({ state: { kind } }) => kind === 'ready');
        for (const notice of labs.length === 0 ? [] : waited) void toLabs(notice, labs);
      } catch (err) {
        log.error({ user: owner, err }, 'messages for a lab could not be looked up');
      }
    },
    close: () => void (closed = true),
  };
}
