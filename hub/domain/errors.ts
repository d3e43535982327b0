/** Every expected failure has one of these codes, and every code has one status (RFC 9110; 424 as JupyterHub uses it). */
export const STATUS = {
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'reauthentication-required': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'expectation-failed': 417,
  misdirected: 421,
  'server-not-running': 424,
  'upgrade-required': 426,
  'rate-limited': 429,
  'headers-too-large': 431,
  internal: 500,
  'spawn-failed': 500,
  'not-implemented': 501,
  'upstream-failed': 502,
  'upstream-refused': 503,
  unavailable: 503,
  'upstream-timeout': 504,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof STATUS;

/** A failure we expected. `message` is safe to show a user and says what to do; `cause` is for the log only. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds after which a retry makes sense; absent: not known. Becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, opts: { cause?: unknown; details?: Record<string, unknown>; retryAfterSeconds?: number } = {}) {
    super(message, opts.cause === undefined ? undefined : { cause: opts.cause });
    this.code = code;
    this.details = opts.details ?? {};
    this.retryAfterSeconds = opts.retryAfterSeconds;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** Anything that is not a HubError is a bug or an outage: show nothing, log everything. */
export function toHubError(err: unknown): HubError {
  return err instanceof HubError ? err : new HubError('internal', 'Something went wrong. The administrator finds the details in the log, under this request id.', { cause: err });
}
