import { Agent, request } from 'undici';
import type { Roll } from './dice';
import type { Change, Ledger } from './ledger';

/** One life of the hub, as those see it who work with it. */
export interface Period {
  /** Without a slash at its end. */
  readonly origin: string;
  readonly agent: Agent;
  /** Its end has begun: from here on an answer may fail to come. */
  over: boolean;
}

export const openPeriod = (url: string): Period => ({ origin: new URL(url).origin, agent: new Agent({ connections: 4 }), over: false });

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request with a token; undefined: the hub was killed before it had answered. Rejects when it does not answer while it lives. */
export async function ask(period: Period, token: string, [method, path, json]: readonly [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, json?: unknown]): Promise<Answer | undefined> {
  try {
    const headers = { Authorization: `token ${token}`, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) };
    const res = await request(`${period.origin}${path}`, { method, headers, dispatcher: period.agent, body: json === undefined ? null : JSON.stringify(json) });
    const text = await res.body.text();
    return { status: res.statusCode, body: text === '' ? null : JSON.parse(text) };
  } catch (err) {
    if (period.over) return undefined;
    throw err;
  }
}

/** One thing to do: what is sent, and what the world is then. */
export interface Act {
  readonly what: string;
  readonly send: (period: Period) => Promise<Answer | undefined>;
  /** In steps: each may be found when the hub was killed, and the last one is what a success means. */
  readonly ways: readonly Change[];
  /** What an answer says; absent: success is the last step, and anything else is none of it. */
  readonly says?: (answer: Answer) => Change;
  /** It meets what others do, and may fail of that. */
  readonly stirs?: true;
  /** Acknowledged; for what later acts need of the answer. */
  readonly done?: (answer: Answer) => void;
}

/** Somebody who does one thing after the other. */
export interface Worker {
  readonly name: string;
  readonly ledger: Ledger;
  readonly roll: Roll;
  /** What to do next; undefined: nothing this time. */
  choose(): Act | undefined;
}

export interface Tally {
  readonly acknowledged: Map<string, number>;
  /** Whatever no hub should answer. */
  readonly problems: string[];
}

const THINK_MS = 25;

/** Goes on until the hub is killed, or until one cannot know what an answer left. */
export async function workUntilOver(worker: Worker, period: Period, tally: Tally): Promise<void> {
  while (!period.over) {
    const act = worker.choose();
    if (act !== undefined && !(await perform(worker, act, { period, tally }))) return;
    await new Promise((resolve) => setTimeout(resolve, worker.roll(THINK_MS)));
  }
}

async function perform({ name, ledger }: Worker, act: Act, { period, tally }: { readonly period: Period; readonly tally: Tally }): Promise<boolean> {
  ledger.sent(act.ways);
  const answer = await act.send(period);
  if (answer === undefined) return false;
  const { status, body } = answer;
  if (act.stirs !== true && (status >= 500 || status === 401 || status === 403 || status === 429)) tally.problems.push(`${name}: ${act.what}: ${status} ${JSON.stringify(body)}`);
  // 202 promises nothing yet.
  const done = status < 300 && status !== 202;
  if (act.says !== undefined) ledger.acknowledged(act.says(answer));
  else if (done) ledger.acknowledged(act.ways.at(-1) ?? {});
  // Refused half-way: how far it went is for the next look to find out.
  else if (act.ways.length > 1) return false;
  else ledger.refused();
  if (done) {
    tally.acknowledged.set(act.what, (tally.acknowledged.get(act.what) ?? 0) + 1);
    act.done?.(answer);
  }
  return true;
}
