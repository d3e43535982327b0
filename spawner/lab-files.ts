import { randomBytes } from 'node:crypto';
import { call, type LabAddress } from './lab-api';

export interface NewNotebook {
  /** Where it goes, as Jupyter's API calls it: the first of these folders that is there. None is: where the server begins. */
  readonly folders: readonly string[];
  /** Its name without `.ipynb`; a number is added while a file of that name is there. */
  readonly stem: string;
  readonly content: unknown;
}

const MOST_COPIES = 200;
const TAKEN = 409;

/**
 * Puts a notebook into the workspace of a server, over Jupyter's own API, so that it belongs to its user from the first moment. Jupyter
 * replaces what is there when it saves, and refuses to when it renames: so it is saved under a name that nobody has, and then renamed.
 * Resolves with its path. Rejects when the server does not take it; then nothing is left behind.
 */
export async function putNotebook(lab: LabAddress, { folders, stem, content }: NewNotebook): Promise<string> {
  const folder = await firstFolder(lab, folders);
  const at = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
  const draft = at(`${stem}.${randomBytes(6).toString('hex')}.ipynb`);
  try {
    await demandOk(lab, 'PUT', { path: draft, body: { type: 'notebook', format: 'json', content } });
    for (let n = 1; n <= MOST_COPIES; n++) {
      const path = at(`${stem}${n === 1 ? '' : `-${n}`}.ipynb`);
      const { status } = await contents(lab, 'PATCH', { path: draft, body: { path } });
      if (status === 200) return path;
      if (status !== TAKEN) throw new Error(`the server answered ${status}`);
    }
    throw new Error(`there are ${MOST_COPIES} copies already`);
  } catch (err) {
    // Its own deadline has passed, perhaps; what is left behind would be shown to the user for ever.
    await contents({ ...lab, signal: AbortSignal.timeout(CLEAN_MS) }, 'DELETE', { path: draft }).catch(() => undefined);
    throw err;
  }
}

const CLEAN_MS = 2_000;

async function firstFolder(lab: LabAddress, folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    if (folder === '') return folder;
    const { status, body } = await contents(lab, 'GET', { path: folder, query: '?content=0' });
    if (status === 200 && (JSON.parse(body) as { readonly type?: unknown }).type === 'directory') return folder;
  }
  return '';
}

interface Contents {
  readonly path: string;
  readonly query?: string;
  readonly body?: object;
}

const contents = (lab: LabAddress, method: 'GET' | 'PUT' | 'PATCH' | 'DELETE', { path, query = '', body }: Contents): ReturnType<typeof call> =>
  call(lab, { method, path: `api/contents/${path.split('/').map(encodeURIComponent).join('/')}${query}`, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

async function demandOk(lab: LabAddress, method: 'PUT', what: Contents): Promise<void> {
  const { status } = await contents(lab, method, what);
  if (status !== 200 && status !== 201) throw new Error(`the server answered ${status}`);
}
