import { z } from 'zod';
import { durationMs } from '../domain/duration';
import { HubError } from '../domain/errors';
import type { Lease } from '../domain/lease';
import { timestamp } from './timestamp';

/** `for`: `6h`, or a number of seconds. */
export const LeaseBody = z.strictObject({ for: z.union([z.string().max(32), z.number()]), why: z.string().max(1024) });

/** Throws `invalid-input`. */
export function leaseAskOf(body: unknown): { readonly ms: number; readonly why: string } {
  const parsed = LeaseBody.safeParse(body ?? {});
  const ms = parsed.success ? durationMs(parsed.data.for) : undefined;
  if (!parsed.success || ms === undefined) throw new HubError('invalid-input', 'A lease takes `for` (a duration such as "6h", or a number of seconds) and `why` (some text), and nothing else.');
  return { ms, why: parsed.data.why };
}

export const leaseModel = ({ id, created, until, who, why }: Lease): Readonly<Record<string, unknown>> => ({ id, created: timestamp(created), until: timestamp(until), by: who, why });
