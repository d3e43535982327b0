import { z } from 'zod';
import { durationMs } from '../domain/duration';
import { HubError } from '../domain/errors';
import type { Lease } from '../domain/lease';
import { timestamp } from './timestamp';

export const WRONG_LEASE = 'A lease takes `for` (a duration such as "6h", or a number of seconds) and `why` (some text), and nothing else.';

const Duration = z.union([z.string().max(32), z.number()]).transform((given, ctx) => {
  const ms = durationMs(given);
  if (ms !== undefined) return ms;
  ctx.addIssue({ code: 'custom', message: WRONG_LEASE });
  return z.NEVER;
});

/** Read, `for` is milliseconds. */
export const LeaseBody = z.strictObject({ for: Duration.describe('A duration such as `6h`, or a number of seconds.'), why: z.string().max(1024).describe('Said to everybody who wonders.') });

/** Throws `invalid-input`. */
export function leaseAskOf(body: unknown): { readonly ms: number; readonly why: string } {
  const parsed = LeaseBody.safeParse(body ?? {});
  if (!parsed.success) throw new HubError('invalid-input', WRONG_LEASE);
  return { ms: parsed.data.for, why: parsed.data.why };
}

export const leaseModel = ({ id, created, until, who, why }: Lease): Readonly<Record<string, unknown>> => ({ id, created: timestamp(created), until: timestamp(until), by: who, why });
