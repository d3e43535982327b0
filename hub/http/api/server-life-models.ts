import { z } from 'zod';
import { adviceText, endText, kernelText, memoryText } from '../../../views/components/post-mortem';
import type { KernelKill, PostMortem } from '../../domain/post-mortem';
import type { ServerTruth } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import type { Exchange } from '../exchange';
import { named, Time } from './schemas';

const Bytes = z.int().nullable();
const Words = z.string().describe('In the language of the reader.');
const EndModel = named('ServerEnd', z.strictObject({
  at: Time,
  cause: z.enum(['asked', 'unready', 'memory', 'killed', 'terminated', 'ended', 'command', 'crashed', 'signal', 'removed', 'unknown']),
  exit_code: z.int().nullable().describe('null: nobody knows.'),
  memory: z.strictObject({ peak_bytes: Bytes.describe('null: unknown.'), limit_bytes: Bytes.describe('null: none, or unknown.') }),
  memory_text: Words.nullable(),
  summary: Words,
  advice: Words,
  log: z.array(z.string()).describe('The last lines that it wrote, for its owner and for administrators; else none.'),
}).describe('How a server ended.'));
const KernelKillModel = named('KernelKill', z.strictObject({ at: Time, limit_bytes: Bytes.describe('null: the server has no limit.'), summary: Words, advice: Words }).describe('Something in a server was killed for memory, and the server went on.'));
export const PostMortemModel = named('PostMortem', z.strictObject({
  last_end: EndModel.nullable().describe('null: it never ended, or long ago.'),
  kernel_killed: KernelKillModel.nullable().describe('The last time since its start.'),
  paused_since: Time.nullable().describe('Somebody has it paused, outside the hub.'),
  detached_since: Time.nullable().describe('It has no network on which the hub reaches it.'),
}).describe('How a server ended, and what is wrong with one that runs.'));
export const LogModel = named('Log', z.strictObject({ lines: z.array(z.string()).describe('The oldest one first.') }).describe('What a server wrote.'));

/** undefined: a default server that never was. */
export function truthModel(x: Exchange, truth: ServerTruth | undefined): object {
  if (truth === undefined) return { last_end: null, kernel_killed: null, paused_since: null, detached_since: null };
  const { lastEnd, kernelKilled, condition } = truth;
  return {
    last_end: lastEnd === null ? null : endModel(x, lastEnd),
    kernel_killed: kernelKilled === null ? null : killModel(x, kernelKilled),
    paused_since: timestamp(condition.paused ?? null),
    detached_since: timestamp(condition.detached ?? null),
  };
}

const endModel = (x: Exchange, end: PostMortem): object => ({
  at: timestamp(end.at), cause: end.cause, exit_code: end.exitCode,
  memory: { peak_bytes: end.memory.peak, limit_bytes: end.memory.limit }, memory_text: memoryText(end, x.t),
  summary: endText(end, x.t), advice: adviceText(end, x.t), log: end.logTail,
});

const killModel = (x: Exchange, kill: KernelKill): object => ({ at: timestamp(kill.at), limit_bytes: kill.limit, summary: kernelText(kill, x.t), advice: x.t('kernel.advice') });
