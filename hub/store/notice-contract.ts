import type { ServerId, UserId, UserName } from '../domain/ids';
import type { Audience, Delivery, Notice } from '../domain/notice';

export interface NoticeCounts {
  readonly waiting: number;
  readonly successful: number;
  readonly failed: number;
}

export interface NoticeResult {
  readonly user: UserName;
  readonly status: Delivery;
  /** null: there was none. */
  readonly error: string | null;
  readonly dismissed: Date | null;
}

/** Messages of administrators, and for each one that was sent what became of it for each person. A person's rows go with the account. */
export interface NoticeStore {
  add(notice: Notice): void;
  byId(id: string): Notice | undefined;
  /** Newest first; `since`: those that were written from then on. */
  list(page: { readonly offset: number; readonly limit: number; readonly since: Date | null }): { readonly notices: readonly Notice[]; readonly total: number };
  countsOf(id: string): NoticeCounts;
  /** Whoever the audience is now: how many have a server that is ready, and how many have none; the first of them by name. */
  reach(audience: Audience, limit: number): { readonly now: number; readonly later: number; readonly users: readonly { readonly name: UserName; readonly now: boolean }[] };
  /** Writes down for everybody of its audience that it is theirs, and that it was sent. Returns who they are; nobody: it was sent already. */
  send(id: string, at: Date): readonly UserId[];
  /** Not sent, not over, and due. */
  due(now: Date): readonly Notice[];
  /** When the first one is to be sent that is not over; null: none is. */
  nextDue(now: Date): Date | null;
  /** Sent and not over. */
  current(now: Date): readonly Notice[];
  /** Who waits for this message, with the servers of theirs that are ready. */
  waitingLabs(id: string): readonly { readonly user: UserId; readonly server: ServerId }[];
  /** Messages that this user waits for and has not closed. */
  waitedFor(user: UserId, now: Date): readonly Notice[];
  /** One success stands, whatever else is said. */
  result(id: string, user: UserId, as: { readonly status: Delivery; readonly error: string | null }): void;
  /** By failure, then by name. */
  resultsOf(id: string, page: { readonly offset: number; readonly limit: number }): readonly NoticeResult[];
  /** What this user was sent, newest first; `open`: only what is not closed. Nothing that is over. */
  receivedBy(user: UserId, ask: { readonly now: Date; readonly open: boolean; readonly limit: number }): readonly { readonly notice: Notice; readonly dismissed: Date | null }[];
  /** False: it is not theirs. */
  dismiss(id: string, user: UserId, at: Date): boolean;
  /** Of one that is not over. */
  expire(id: string, at: Date): void;
  remove(id: string): boolean;
  /** How many were sent or are over. */
  clearable(now: Date): number;
  /** Removes these. Returns how many there were. */
  clear(now: Date): number;
  /** Removes those that ended before. */
  prune(before: Date): void;
}
