import type { UserId } from './ids';

/** As the extension that shows messages in labs knows them. */
export const NOTICE_TYPES = ['default', 'info', 'success', 'warning', 'error', 'in-progress'] as const;
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** Characters; more does not fit into what labs show. */
export const LONGEST_NOTICE = 140;
/** Of what is written into the log; the rest adds nothing. */
export const NOTICE_PREVIEW = 50;
/** Line of the log for each lab that was told something; one broadcast writes as many as there are servers, and none is left out. */
export const NOTICE_LINE = '[Notification]';

/** False: until somebody closes it. True: after the few seconds that the lab thinks right. A number: milliseconds. */
export type AutoClose = boolean | number;

/** What a lab is told. Text, never markup. */
export interface LabText {
  readonly message: string;
  readonly type: NoticeType;
  readonly autoClose: AutoClose;
}

/** Of somebody's servers: one is ready, none is but one is on its way, or neither. */
export const NOTICE_STATES = ['running', 'starting', 'stopped'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** Active accounts that are named or in one of the groups, where there are any (both null: everybody), and of these the ones in one of the states. */
export interface Audience {
  readonly users: readonly UserId[] | null;
  readonly groups: readonly string[] | null;
  /** null: whatever their servers do. */
  readonly states: readonly NoticeState[] | null;
}

/** A message of an administrator. */
export interface Notice {
  readonly id: string;
  readonly message: string;
  readonly variant: NoticeType;
  readonly autoClose: AutoClose;
  readonly audience: Audience;
  /** Name of who wrote it. */
  readonly by: string;
  readonly created: Date;
  /** When it is sent. */
  readonly from: Date;
  /** From then on it is shown nowhere and given to no lab. */
  readonly until: Date;
  /** When it was written down for whom it is; null: not yet. */
  readonly sent: Date | null;
}

/** `waiting`: no lab of theirs took or refused it, and one that starts gets it. */
export type Delivery = 'waiting' | 'success' | 'failed';

export type NoticePhase = 'scheduled' | 'shown' | 'over';

export const phaseOfNotice = ({ until, sent }: Pick<Notice, 'until' | 'sent'>, now: Date): NoticePhase => (until <= now ? 'over' : sent === null ? 'scheduled' : 'shown');
