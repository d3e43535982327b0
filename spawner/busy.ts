import { get } from 'node:http';

export interface BusyAsk {
  /** `http://host:port` */
  readonly origin: string;
  /** Starts and ends with a slash. */
  readonly prefix: string;
  readonly secret: string;
  readonly signal: AbortSignal;
}

const LARGEST_ANSWER = 1_048_576;

/**
 * Whether a kernel of this server works right now, by the server's own word. Rejects when it cannot be asked: not knowing is not
 * the same as idle.
 */
export async function isBusy(ask: BusyAsk): Promise<boolean> {
  const kernels: unknown = JSON.parse(await fetchText(ask, 'api/kernels'));
  if (!Array.isArray(kernels)) throw new Error('the server did not list its kernels');
  return kernels.some((kernel: unknown) => typeof kernel === 'object' && kernel !== null && 'execution_state' in kernel && kernel.execution_state === 'busy');
}

function fetchText({ origin, prefix, secret, signal }: BusyAsk, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = get(`${origin}${prefix}${path}`, { agent: false, headers: { authorization: `token ${secret}` }, signal }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > LARGEST_ANSWER) req.destroy(new Error('the answer is too long'));
      });
      res.on('end', () => (res.statusCode === 200 ? resolve(text) : reject(new Error(`the server answered ${res.statusCode}`))));
      res.on('error', reject);
    });
    req.on('error', reject);
  });
}
