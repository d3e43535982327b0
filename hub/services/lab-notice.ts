import { LONGEST_NOTICE, NOTICE_LINE, NOTICE_PREVIEW, type LabText } from '../domain/notice';
import type { Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import { shown } from '../domain/shown';
import { eachBounded } from './deadlines';

export interface TellLabDeps {
  readonly log: Logger;
  /** Name of whoever the server belongs to. */
  readonly ownerOf: (record: ServerRecord) => string;
  /** Resolves with the status of the lab's answer; rejects when there is none, and when `signal` aborts. */
  readonly send: (record: ServerRecord, text: LabText, signal: AbortSignal) => Promise<number>;
  /** How long a lab has; milliseconds. Absent: five seconds. */
  readonly answerMs?: number;
}

/** `error`: why the lab did not take it, in words of the platform; null: it did. */
export interface Told {
  readonly error: string | null;
}

/** Gives a message to one running lab. Never rejects, and takes five seconds at most. */
export type TellLab = (record: ServerRecord, text: LabText) => Promise<Told>;

const ANSWER_MS = 5_000;
const SILENT = 'Server not responding';

/** The one way in which labs are told something; a line of the log for each. */
export function createTellLab({ log, ownerOf, send, answerMs = ANSWER_MS }: TellLabDeps): TellLab {
  return async (record, text) => {
    const fields = { user: ownerOf(record), server: record.name, text: shown(text.message, NOTICE_PREVIEW), type: text.type };
    try {
      const status = await send(record, text, AbortSignal.timeout(answerMs));
      const error = errorOf(status);
      if (error === null) log.info({ ...fields, outcome: 'SUCCESS' }, NOTICE_LINE);
      else log.warn({ ...fields, outcome: 'FAILED', status, reason: error }, NOTICE_LINE);
      return { error };
    } catch (err) {
      log.error({ ...fields, outcome: 'ERROR', reason: SILENT, err }, NOTICE_LINE);
      return { error: SILENT };
    }
  };
}

/** The words that the platform's users know. */
function errorOf(status: number): string | null {
  if (status === 200) return null;
  if (status === 401 || status === 403) return 'Authentication failed';
  if (status === 404) return 'Notification extension not installed';
  return status >= 500 ? 'Server error processing notification' : `Server answered ${status}`;
}

/**
 * A sentence of the hub itself for whoever works in these labs now. Best effort: a lab without the extension that shows messages shows none.
 * Never rejects; resolves with how many took it.
 */
export type LabNotice = (records: readonly ServerRecord[], message: string) => Promise<number>;

/** Every one of them may be silent for its five seconds. */
export const LABS_AT_ONCE = 100;

export function createLabNotice(tell: TellLab, log: Logger): LabNotice {
  return async (records, message) => {
    const ready = records.filter(({ state }) => state.kind === 'ready');
    let taken = 0;
    const text = { message: message.length > LONGEST_NOTICE ? `${message.slice(0, LONGEST_NOTICE - 1)}…` : message, type: 'warning', autoClose: false } as const;
    await eachBounded(ready, { limit: LABS_AT_ONCE, onError: (record, err) => log.error({ server: record.id, err }, 'a lab could not be told') }, async (record) => {
      if ((await tell(record, text)).error === null) taken += 1;
    });
    return taken;
  };
}
