import type { Actor } from '../domain/access';
import type { UserName } from '../domain/ids';
import type { AutoClose, Delivery, Notice, NoticePhase, NoticeState, NoticeType } from '../domain/notice';

/** Whom a message is for; what is absent does not narrow it, and nothing at all is everybody. */
export interface NoticeTo {
  /** Names of users. */
  readonly recipients?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Of those who are named, in a group, or everybody: only the ones whose servers are so at the moment of sending. */
  readonly states?: readonly NoticeState[] | undefined;
}

export interface NoticeAsk extends NoticeTo {
  readonly message: string;
  readonly variant: NoticeType;
  readonly autoClose: AutoClose;
  /** When it is sent; absent or past: now. */
  readonly from?: Date | undefined;
  /** Absent: seven days after it is sent. */
  readonly until?: Date | undefined;
}

export interface NoticeDetail {
  readonly username: UserName;
  readonly status: Delivery;
  /** null: there was none. */
  readonly error: string | null;
}

export interface NoticeView extends Omit<Notice, 'audience'> {
  readonly phase: NoticePhase;
  /** By name; null: not narrowed by that. Users and groups that are gone are left out. */
  readonly to: { readonly recipients: readonly UserName[] | null; readonly groups: readonly string[] | null; readonly states: readonly NoticeState[] | null };
  /** People; all zero before it is sent. */
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  /** No lab of theirs was there: the next one that starts gets it. */
  readonly waiting: number;
}

export interface NoticeReach {
  /** People who have a running lab. */
  readonly now: number;
  /** The others, who get it when a lab of theirs starts, and see it on the hub's pages before. */
  readonly later: number;
  /** The first of them by name. */
  readonly users: readonly { readonly name: UserName; readonly now: boolean }[];
}

/** A message as its reader sees it. */
export interface OwnNotice extends Pick<Notice, 'id' | 'message' | 'variant' | 'by' | 'from' | 'until'> {
  /** When they closed it; null: it is shown. */
  readonly dismissed: Date | null;
}

/** What was told to running labs just now. */
export interface Broadcast {
  readonly notice: NoticeView;
  /** Those who had a running lab, by name. */
  readonly details: readonly NoticeDetail[];
}

/**
 * Messages of administrators: into running labs at once, into others when they start, and on the hub's pages until they are closed or over. All
 * but the last three throw `forbidden` without `admin:servers` over everybody; those with an id `not-found` for an unknown one.
 */
export interface Notices {
  /** Resolves when every running lab took it, refused it or was silent for five seconds; at once for one that is sent later. Throws `invalid-input`. */
  broadcast(actor: Actor, ask: NoticeAsk): Promise<Broadcast>;
  /** Throws `invalid-input` for users and groups that do not exist. */
  preview(actor: Actor, to: NoticeTo): NoticeReach;
  /** Newest first. `days`: those that were written in the last so many; absent: all. */
  list(actor: Actor, ask: { readonly offset: number; readonly limit: number; readonly days?: number | undefined }): { readonly notices: readonly NoticeView[]; readonly total: number };
  get(actor: Actor, id: string): NoticeView;
  /** What became of it for each person: failures first. */
  results(actor: Actor, id: string, page: { readonly offset: number; readonly limit: number }): readonly (NoticeDetail & { readonly dismissed: Date | null })[];
  /** Ends it now: it is shown nowhere any more, and nobody gets it. What labs have shown they have shown. */
  expire(actor: Actor, id: string): NoticeView;
  /** With its results. */
  remove(actor: Actor, id: string): void;
  /** How many `clear` would remove. */
  clearable(actor: Actor): number;
  /** Removes everything that was sent or is over, not what is to be sent. Returns how many there were. */
  clear(actor: Actor): number;
  /** What the actor's pages show now: of those of a user, what is not closed. Nothing for anybody else. */
  open(actor: Actor): readonly OwnNotice[];
  /** The actor's own, newest first, as long as they are not over. Throws `forbidden` without `read:users` on oneself. */
  received(actor: Actor): readonly OwnNotice[];
  /** Not shown to the actor any more, and not given to a lab that starts. Takes `users:activity`; throws `not-found` for one that is somebody else's. */
  dismiss(actor: Actor, id: string): void;
}
