import type { Delivery, NoticePhase, NoticeState, NoticeType } from '../../hub/domain/notice';

/** One message in the history. */
export interface NoticeRow {
  readonly id: string;
  readonly message: string;
  readonly variant: NoticeType;
  readonly by: string;
  readonly from: Date;
  readonly until: Date;
  readonly sent: Date | null;
  readonly phase: NoticePhase;
  readonly to: { readonly recipients: readonly string[] | null; readonly groups: readonly string[] | null; readonly states: readonly NoticeState[] | null };
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly waiting: number;
}

export interface NoticeDetail {
  readonly username: string;
  readonly status: Delivery;
  readonly error: string | null;
  readonly dismissed: Date | null;
}

export type NoticeRange = '24h' | '7d' | '30d' | 'all';

export interface NoticeHistory {
  readonly rows: readonly NoticeRow[];
  readonly range: NoticeRange;
  readonly counts: Readonly<Record<NoticeRange, number>>;
  readonly offset: number;
  readonly limit: number;
  /** How many would be removed by clearing it. */
  readonly clearable: number;
}
