import type { Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import { eachBounded } from './deadlines';

export interface LabNoticeDeps {
  readonly log: Logger;
  /** Rejects where a lab has no place for messages, and where it does not answer in time. */
  readonly send: (record: ServerRecord, message: string) => Promise<void>;
}

/**
 * A sentence for whoever works in these labs now. Best effort: a lab without the extension that shows messages shows none. Never rejects;
 * resolves with how many took it.
 */
export type LabNotice = (records: readonly ServerRecord[], message: string) => Promise<number>;

const AT_ONCE = 16;
/** What the extension takes. */
const LONGEST = 140;

export function createLabNotice({ log, send }: LabNoticeDeps): LabNotice {
  return async (records, message) => {
    const ready = records.filter(({ state }) => state.kind === 'ready');
    let taken = 0;
    const text = message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message;
    const onError = (record: ServerRecord, err: unknown): void => log.debug({ server: record.id, err }, 'a lab took no message');
    await eachBounded(ready, { limit: AT_ONCE, onError }, async (record) => {
      await send(record, text);
      taken += 1;
    });
    return taken;
  };
}
