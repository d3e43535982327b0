import { request } from 'node:http';
import type { LabText } from '../hub/domain/notice';

/** A server that runs, and what it takes to ask it. */
export interface LabAddress {
  /** `http://host:port` */
  readonly origin: string;
  /** Starts and ends with a slash. */
  readonly prefix: string;
  /** How the secret is shown: old servers of Jupyter know `token` alone, and those that ask the hub know both. */
  readonly scheme: 'token' | 'Bearer';
  readonly secret: string;
  readonly signal: AbortSignal;
}

export interface LabKernel {
  readonly id: string;
  /** Kind of kernel, e.g. `python3`. */
  readonly name: string;
  readonly busy: boolean;
  /** Notebook or console it belongs to; null: none. */
  readonly path: string | null;
  /** Since it last ran or printed something, by the server's own clock; null: it does not say. Milliseconds. */
  readonly quietMs: number | null;
}

/** What a server says about itself. */
export interface LabInside {
  readonly kernels: readonly LabKernel[];
  /** Since something was last typed into or printed by a terminal that somebody looked at, each; milliseconds. */
  readonly terminals: readonly { readonly quietMs: number | null }[];
}

const LARGEST_ANSWER = 1_048_576;
const MOST_ROWS = 1_000;
const NOTICES = 'jupyterlab-notifications-extension/ingest';

/**
 * What runs in a server, by its own word. Rejects when its kernels cannot be asked for: not knowing is not the same as idle. Names of
 * notebooks and terminals are extra, and a server without them is asked for its kernels alone.
 */
export async function lookInside(lab: LabAddress): Promise<LabInside> {
  const [kernels, sessions, terminals] = await Promise.all([ask(lab, 'api/kernels'), askIfThere(lab, 'api/sessions'), askIfThere(lab, 'api/terminals')]);
  const paths = new Map(sessions.rows.flatMap((session) => (isObject(session['kernel']) && typeof session['path'] === 'string' ? [[text(session['kernel']['id']), session['path'].slice(0, 255)] as const] : [])));
  return {
    kernels: kernels.rows.map((kernel) => ({ id: text(kernel['id']), name: text(kernel['name']), busy: kernel['execution_state'] === 'busy', path: paths.get(text(kernel['id'])) ?? null, quietMs: quiet(kernels, kernel) })),
    terminals: terminals.rows.map((terminal) => ({ quietMs: quiet(terminals, terminal) })),
  };
}

/** Puts a message into the browsers that have this lab open. Resolves with the status that it answers; 200: it took it. Rejects where it does not answer. */
export async function notify(lab: LabAddress, { message, type, autoClose }: LabText): Promise<number> {
  const actions = [{ label: 'Dismiss', caption: 'Dismiss this notification', displayType: 'default' }];
  const { status } = await call(lab, { method: 'POST', path: NOTICES, body: JSON.stringify({ message, type, autoClose, actions }) });
  return status;
}

type Row = Readonly<Record<string, unknown>>;

interface Rows {
  readonly rows: readonly Row[];
  /** The server's own clock when it answered. */
  readonly now: number;
}

async function ask(lab: LabAddress, path: string): Promise<Rows> {
  const { status, body, date } = await call(lab, { method: 'GET', path });
  if (status !== 200) throw new Error(`the server answered ${status}`);
  const rows: unknown = JSON.parse(body);
  if (!Array.isArray(rows)) throw new Error('the server gave no list');
  return { rows: rows.slice(0, MOST_ROWS).filter(isObject), now: date };
}

/** What only makes the answer better. */
const askIfThere = (lab: LabAddress, path: string): Promise<Rows> => ask(lab, path).catch(() => ({ rows: [], now: NaN }));

/** Both times come from the same clock, so it does not matter whether that is right. */
function quiet({ now }: Rows, row: Row): number | null {
  const at = Date.parse(text(row['last_activity']));
  return Number.isNaN(at) || Number.isNaN(now) ? null : Math.max(0, now - at);
}

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 255) : '');

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
}

/** One question to a server, as the hub. Whatever it answers is handed back; rejects when it answers nothing. */
export function call({ origin, prefix, scheme, secret, signal }: LabAddress, { method, path, body }: Call): Promise<{ readonly status: number; readonly body: string; readonly date: number }> {
  return new Promise((resolve, reject) => {
    const sent = { authorization: `${scheme} ${secret}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) };
    const req = request(`${origin}${prefix}${path}`, { method, agent: false, headers: sent, signal }, (res) => {
      let answer = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        answer += chunk;
        if (answer.length > LARGEST_ANSWER) req.destroy(new Error('the answer is too long'));
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: answer, date: Date.parse(res.headers.date ?? '') }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}
