import type { ServerId } from '../domain/ids';
import { firedSentence } from '../domain/idleness-words';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { Store } from '../store/store';
import { eachBounded } from './deadlines';
import type { IdleWatch } from './idle-watch';
import type { IdleView } from './idleness-contract';
import { nextTurn } from './in-turns';

export interface RoundsDeps {
  readonly store: Pick<Store, 'servers'>;
  readonly servers: { halt(id: ServerId, reason: string): Promise<void> };
  /** Puts a message into the browsers that have this server open, within seconds. False: that could not be done. Never rejects. */
  readonly tell: (record: ServerRecord, message: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly watch: IdleWatch;
  /** Judges these, from what is known now. undefined: its owner is gone. */
  readonly judging: (records: readonly ServerRecord[]) => (record: ServerRecord) => IdleView | undefined;
  /** Milliseconds since a server said what it is doing. Infinity: it did not yet. */
  readonly silentMs: (record: ServerRecord) => number;
  readonly forgetEndedLeases: () => void;
}

export interface Rounds {
  /** Looks at what is near its end, warns, and stops what is due. Whoever asks during a round waits for that one. Never rejects. */
  round(): Promise<void>;
  /** Those whose end was announced. */
  soon(): readonly ServerId[];
}

/** A server that is not near its end is asked this often, so that the sentence about it is not far off. */
const SLOW_LOOK_MS = 10 * 60_000;
export const ASKED_AT_ONCE = 8;
/** 10,000 servers that are judged in one turn hold up everybody for 100 ms, a hundred for 4, and for 18 where the garbage collector comes between. */
const JUDGED_AT_ONCE = 100;
const SAVE = 'Save your work.';
const SAVE_OR_EXTEND = 'Save your work, or press Extend on the hub\'s home page.';

/** What happens of itself, once a minute: everybody else has turns in between, however many servers there are (P06). */
export function createRounds({ store, servers, tell, clock, log, watch, judging, silentMs, forgetEndedLeases }: RoundsDeps): Rounds {
  /** The end that was announced of each server, in this life of it. */
  const warned = new Map<ServerId, number>();
  let going: Promise<void> | undefined;
  let turn: Promise<void> = Promise.resolve();

  function round(): Promise<void> {
    going ??= oneRound().finally(() => (going = undefined));
    return going;
  }

  const kept = (record: ServerRecord, err: unknown): void => log.warn({ server: record.id, err }, 'an idle server was kept: it could not be judged or stopped');

  async function oneRound(): Promise<void> {
    try {
      const ready = store.servers.readyIds();
      await nextTurn();
      const living = new Set(ready);
      watch.keepOnly(living);
      for (const id of warned.keys()) if (!living.has(id)) warned.delete(id);
      forgetEndedLeases();
      await nextTurn();
      const toAsk: ServerRecord[] = [];
      for (let from = 0; from < ready.length; from += JUDGED_AT_ONCE) {
        toAsk.push(...judgeSome(ready.slice(from, from + JUDGED_AT_ONCE)));
        await nextTurn();
      }
      await eachBounded(toAsk, { limit: ASKED_AT_ONCE, onError: kept }, askAndJudge);
    } catch (err) {
      log.error({ err }, 'looking for idle servers failed');
    }
  }

  /** Those among them that have to be asked before anything can be said; the others are warned where it is time. */
  function judgeSome(ids: readonly ServerId[]): readonly ServerRecord[] {
    const records = store.servers.byIds(ids).filter(({ state }) => state.kind === 'ready');
    const judge = judging(records);
    return records.filter((record) => {
      try {
        const view = judge(record);
        if (view === undefined) return false;
        if (isClose(view) || silentMs(record) >= SLOW_LOOK_MS) return true;
        warn(view);
      } catch (err) {
        kept(record, err);
      }
      return false;
    });
  }

  /** Each stop writes several times, and waits for the disk with everybody else: never two of them in one turn. */
  const ownTurn = (): Promise<void> => (turn = turn.then(nextTurn));

  async function askAndJudge(record: ServerRecord): Promise<void> {
    await watch.look(record);
    await ownTurn();
    // Somebody may have come back, or stopped it, while it or another one was asked.
    const now = store.servers.byId(record.id);
    if (now === undefined || now.version !== record.version) return;
    const view = judging([now])(now);
    if (view === undefined) return;
    if (view.verdict.due) await stop(view);
    else warn(view);
  }

  async function stop({ record, verdict, sentence, signals }: IdleView): Promise<void> {
    log.info({ server: record.id, rule: verdict.reason.kind, idleMs: signals.idleForMs, ageMs: signals.ageMs, sentence }, 'a server is stopped by its limits');
    await servers.halt(record.id, firedSentence(verdict, clock.now()));
  }

  /** Once for each end that comes near: whoever uses the server again is warned again before the next one. */
  function warn(view: IdleView): void {
    const { record, sentence, near } = view;
    if (!near) warned.delete(record.id);
    if (!near || warned.has(record.id)) return;
    warned.set(record.id, clock.monotonicMs());
    const last = view.verdict.reason.kind === 'age' || view.verdict.latest !== null;
    void tell(record, `${sentence}. ${last ? SAVE : SAVE_OR_EXTEND}`).then((told) => log.info({ server: record.id, sentence, told }, 'a server is about to stop, and its lab was asked to say so'));
  }

  return { round, soon: () => [...warned.keys()] };
}

/** Its next answer may decide: the end is near, or only what it said last keeps it. */
const isClose = ({ near, verdict, signals }: IdleView): boolean => near || verdict.due || signals.running.length > 0 || verdict.reason.kind === 'unknown' || verdict.reason.kind === 'cpu';
