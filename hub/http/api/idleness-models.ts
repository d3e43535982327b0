import { z } from 'zod';
import { durationMs } from '../../domain/duration';
import type { IdleView, WhatIf } from '../../services/idleness-contract';
import { leaseModel } from '../../wire/lease';
import { timestamp } from '../../wire/timestamp';
import { named, Time } from './schemas';

const limit = (name: string) => z.string().transform((text, ctx) => {
  const ms = text === '' ? undefined : durationMs(text);
  if (text !== '' && ms === undefined) ctx.addIssue({ code: 'custom', message: `${name}: expected a duration such as "90s", "10m", "4h", "14d", or 0 for none` });
  return ms === 0 ? null : ms;
}).optional().describe('A duration such as `4h`; 0: none. Absent or empty: as it is configured.');

/** Unlike other queries this one refuses what it does not know: somebody who misspells a limit would take the answer for another question's. */
export const WhatIfQuery = z.looseObject({ idleLimit: limit('idleLimit'), maxAge: limit('maxAge') }).superRefine(({ idleLimit: _idle, maxAge: _age, _xsrf, ...others }, ctx) => {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) ctx.addIssue({ code: 'custom', message: `Unknown parameter: ${unknown.slice(0, 64)}. A what-if takes idleLimit and maxAge.` });
});

export const whatIfOf = ({ idleLimit, maxAge }: z.output<typeof WhatIfQuery>): WhatIf => ({ ...(idleLimit === undefined ? {} : { idleMs: idleLimit }), ...(maxAge === undefined ? {} : { maxAgeMs: maxAge }) });

const Seconds = z.int();
export const LeaseModel = named('Lease', z.strictObject({ id: z.string(), created: Time, until: Time, by: z.string(), why: z.string().describe('Empty: somebody extended it.') }).describe('A promise that a server is left running although nobody uses it.'));

const idleFields = {
  verdict: z.enum(['keep', 'stop']),
  sentence: z.string().describe('The verdict in English.'),
  rule: z.enum(['cell', 'cpu', 'lease', 'unlimited', 'unknown', 'idle', 'age']),
  at: Time.nullable().describe('When it stops if nothing happens meanwhile, or until when a lease keeps it; null: nothing ends it.'),
  latest: Time.nullable().describe('When its maximum age is reached, where that comes later.'),
  due: z.boolean().describe('It is to be stopped now.'),
  near: z.boolean().describe('Its end is near.'),
  limits: z.strictObject({ idle: Seconds.nullable(), idle_from: z.string(), max_age: Seconds.nullable(), max_age_from: z.string() }).describe('Seconds; null: none. And what set them.'),
  signals: z.strictObject({
    age: Seconds.describe('Seconds since it became ready.'),
    idle_for: Seconds.describe('Seconds since anything counted as use.'),
    answered: Time.nullable().describe('When it last said what it does; null: it did not.'),
    busy_cpus: z.number().nullable().describe('In use without a running cell, where that is enough to count.'),
    running: z.array(z.strictObject({ path: z.string().nullable(), kernel: z.string(), for: Seconds })).describe('Cells.'),
    proxied: z.strictObject({ uses: z.int(), bytes: z.int() }).describe('What clients sent.'),
  }),
  leases: z.array(LeaseModel).describe('The one that lasts longest first.'),
};
export const IdlenessModel = named('Idleness', z.strictObject(idleFields).describe('Why a running server is kept, or when it stops.'));
export const WhatIfModel = named('WhatIf', z.strictObject({
  stops: z.int().describe('How many would stop now.'), keeps: z.int(),
  servers: z.array(z.strictObject({ user: z.string(), server: z.string().describe('Empty for the default server.'), ...idleFields })),
}).describe('Running servers under other limits.'));

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** Durations are seconds. */
export function idleModel({ verdict, sentence, limits, signals, leases, near }: IdleView): Readonly<Record<string, unknown>> {
  const { reason, at, latest, due } = verdict;
  return {
    verdict: verdict.verdict, sentence, rule: reason.kind, at: timestamp(at), latest: timestamp(latest?.at ?? null), due, near,
    limits: { idle: seconds(limits.idleMs), idle_from: limits.idleFrom, max_age: seconds(limits.maxAgeMs), max_age_from: limits.maxAgeFrom },
    signals: {
      age: seconds(signals.ageMs), idle_for: seconds(signals.idleForMs), answered: timestamp(signals.answered), busy_cpus: signals.busyCpus,
      running: signals.running.map(({ path, kernel, forMs }) => ({ path, kernel, for: seconds(forMs) })), proxied: signals.proxied,
    },
    leases: leases.map(leaseModel),
  };
}
