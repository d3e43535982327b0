import type { ErrorCode } from '../../hub/domain/errors';
import { HubError } from '../../hub/domain/errors';

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EPERM', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/** What the engine says, in words of ours: its own texts name ids, paths and registries, which are for the log only. */
const KNOWN: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/no space left on device|disk quota exceeded/i, 'unavailable', 'The disk of the Docker host is full. An administrator has to make room.'],
  [/executable file not found|no such file or directory.*unknown|exec: .*not found/i, 'spawn-failed', 'The image does not have the command that the profile starts. An administrator has to correct the profile.'],
  [/permission denied.*exec|exec.*permission denied/i, 'spawn-failed', 'The command of the profile cannot be executed in this image. An administrator has to correct the profile.'],
  [/no such image/i, 'spawn-failed', 'The image is not on this machine. An administrator can build it with `berth images build`.'],
  [/cannot allocate memory/i, 'unavailable', 'The Docker host has no memory left for another server.'],
  [/could not find an available.*address pool|no available.*addresses/i, 'unavailable', 'Docker has no network addresses left for another server.'],
];

/** A failed engine call as a `HubError`; the engine's own status goes to `details.engineStatus`, its text to `cause`. */
export function toEngineError(err: unknown, what: string): HubError {
  if (err instanceof HubError) return err;
  const { statusCode, code, message } = shape(err);
  if (statusCode === null) {
    const detail = code === 'EACCES' || code === 'EPERM' ? 'the hub may not use its socket' : 'it does not answer';
    if (code !== null && UNREACHABLE.has(code)) return new HubError('unavailable', `Docker is not available: ${detail}.`, { cause: err, retryAfterSeconds: 10 });
    return new HubError('unavailable', `Docker could not ${what}: the connection broke.`, { cause: err, retryAfterSeconds: 10 });
  }
  const details = { engineStatus: statusCode };
  const known = KNOWN.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return new HubError(known[1], known[2], { cause: err, details });
  if (statusCode === 404) return new HubError('not-found', `Docker could not ${what}: it is not there.`, { cause: err, details });
  if (statusCode === 409) return new HubError('conflict', `Docker could not ${what}: something else uses it, or its name.`, { cause: err, details });
  return new HubError('spawn-failed', `Docker could not ${what}. The administrator finds the reason in the log.`, { cause: err, details });
}

/** The engine's status behind an error of `DockerClient.call`; null: it did not answer. */
export function engineStatus(err: unknown): number | null {
  const status = err instanceof HubError ? err.details['engineStatus'] : undefined;
  return typeof status === 'number' ? status : null;
}

/** The engine's own words, for decisions that its status alone does not allow. */
export const engineText = (err: unknown): string => (err instanceof HubError && err.cause instanceof Error ? err.cause.message : '');

/** `fallback` when the thing is not there; every other error stays one. */
export async function unlessMissing<T, F>(work: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await work;
  } catch (err) {
    if (engineStatus(err) === 404) return fallback;
    throw err;
  }
}

function shape(err: unknown): { readonly statusCode: number | null; readonly code: string | null; readonly message: string } {
  const from = typeof err === 'object' && err !== null ? (err as Record<string, unknown>) : {};
  return {
    statusCode: typeof from['statusCode'] === 'number' ? from['statusCode'] : null,
    code: typeof from['code'] === 'string' ? from['code'] : null,
    message: typeof from['message'] === 'string' ? from['message'] : '',
  };
}
