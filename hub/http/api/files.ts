import { z } from 'zod';
import { HubError } from '../../domain/errors';
import type { FolderPage } from '../../domain/folder';
import type { FilePreview, WhereAsk } from '../../services/files-contract';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { PAGE_FIELDS } from './read';
import { userAt } from './users';
import type { Downloads } from './volume-download';

const MOST = 1_000;
const DEFAULT = 200;
const path = z.string().optional().describe('Names below the volume, joined by slashes; empty: all of it. Nothing is put right: no `..`, no slash at an end.');
const WhereQuery = z.object({ path });
const ListQuery = z.object({ path, offset: PAGE_FIELDS.offset, limit: PAGE_FIELDS.limit.describe(`How many at most, up to ${MOST}; ${DEFAULT} unless given.`) });
const FolderModel = z.strictObject({
  path: z.string(),
  total: z.int().describe('Entries of the folder; more are on the next page.'),
  complete: z.boolean().describe('False: it has more than are ever looked at.'),
  entries: z.array(z.strictObject({
    name: z.string(),
    kind: z.enum(['folder', 'file', 'link', 'other']).describe('Only folders and files can be read; links are never followed.'),
    size: z.int().nullable().describe('Bytes, of a file.'),
    modified: z.iso.datetime().nullable(),
  })).describe('Folders first, then by name.'),
});
const Output = z.union([
  z.strictObject({ kind: z.enum(['text', 'error']), text: z.string() }),
  z.strictObject({ kind: z.literal('image'), type: z.enum(['image/png', 'image/jpeg']), data: z.string().describe('Base64.') }),
  z.strictObject({ kind: z.literal('left-out') }),
]);
const NotebookModel = z.strictObject({
  path: z.string(),
  language: z.string().describe('Of its code; empty: it does not say.'),
  cells: z.array(z.strictObject({ kind: z.enum(['markdown', 'code', 'raw']), source: z.string(), outputs: z.array(Output).optional().describe('Of code.') })).describe('The first 200.'),
  more: z.int().describe('Cells beyond those.'),
});
type Where = { readonly path?: string | undefined };

/** Files in volumes, one by one: read, never written. */
export function fileApiRoutes(kit: Kit, downloads: Downloads): readonly HubRoute[] {
  const { files } = kit.deps.services.volumes;
  const whereOf = (x: Exchange, query: Where): WhereAsk => ({ volume: x.params['volume'] ?? '', path: query.path ?? '' });
  const owned = (x: Exchange) => userAt(kit, x, ['access:servers']);

  const list = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof ListQuery>): Promise<Reply> => {
    const owner = owned(x);
    const asked = query();
    const page = await files.list(actorOf(x), owner, { ...whereOf(x, asked), offset: asked.offset ?? 0, limit: Math.min(asked.limit ?? DEFAULT, MOST) }, endOf(x));
    return json(200, { path: page.path, total: page.total, complete: page.complete, entries: page.entries.map(model) });
  };

  const notebook = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof WhereQuery>): Promise<Reply> => {
    const owner = owned(x);
    const where = whereOf(x, query());
    const found = await files.preview(actorOf(x), owner, where, endOf(x));
    return json(200, { path: found.path, ...cellsOf(found) });
  };

  const file = (x: Exchange, { query }: Given<z.ZodUndefined, typeof WhereQuery>): Reply => {
    const owner = owned(x);
    const where = whereOf(x, query());
    files.locate(actorOf(x), owner, where);
    return downloads.open(x, async (signal) => {
      const { name, bytes, stream } = await files.download(actorOf(x), owner, where, signal);
      return { fileName: name, bytes, stream };
    });
  };

  const folder = (x: Exchange, { query }: Given<z.ZodUndefined, typeof WhereQuery>): Reply => {
    const owner = owned(x);
    const where = whereOf(x, query());
    files.locate(actorOf(x), owner, where);
    return downloads.open(x, (signal) => files.archive(actorOf(x), owner, where, signal));
  };

  const at = '/hub/api/users/:name/volumes/:volume';
  const row = { method: 'get', needs: ['access:servers'] } as const;
  const about = 'Also while a server runs. The volume is one by its id, or `home`, `workspace` or `cache` for the one that servers have. Links are not followed.';
  const WRONG = 'No such path, a link, or another kind of thing than is asked for.';
  return [
    operation({ ...row, path: `${at}/files`, handle: list, doc: { id: 'listFiles', tag: 'Volumes', summary: 'List a folder of a volume', description: about, query: ListQuery, answers: { 200: { description: 'One page of it.', model: FolderModel }, 400: WRONG } } }),
    operation({ ...row, path: `${at}/file`, handle: file, doc: { id: 'downloadFile', tag: 'Volumes', summary: 'Download a file of a volume', description: `${about} One that changes meanwhile is cut off.`, query: WhereQuery, answers: { 200: { description: 'The file, whatever it is.', type: 'application/octet-stream' }, 400: WRONG } } }),
    operation({ ...row, path: `${at}/folder`, handle: folder, doc: { id: 'downloadFolder', tag: 'Volumes', summary: 'Download a folder of a volume', description: `${about} One that could not be completed is cut off.`, query: WhereQuery, answers: { 200: { description: 'A tar archive.', type: 'application/x-tar' }, 400: WRONG } } }),
    operation({ ...row, path: `${at}/notebook`, handle: notebook, doc: { id: 'previewNotebook', tag: 'Volumes', summary: 'Show the cells of a notebook in a volume', description: `${about} Outputs are text and pictures; markup and programs are left out.`, query: WhereQuery, answers: { 200: { description: 'The notebook.', model: NotebookModel }, 400: WRONG, 413: 'It is larger than 4 MiB.' } } }),
  ];
}

/** Whoever goes away reads nothing any more. */
export function endOf({ res }: Pick<Exchange, 'res'>): AbortSignal {
  const abort = new AbortController();
  res.once('close', () => abort.abort());
  return abort.signal;
}

const model = ({ name, kind, bytes, modified }: FolderPage['entries'][number]) => ({ name, kind, size: bytes, modified: modified?.toISOString() ?? null });

function cellsOf(found: FilePreview) {
  if (found.kind === 'notebook') return { language: found.notebook.language, cells: found.notebook.cells, more: found.notebook.more };
  if (found.kind === 'none' && found.why === 'large') throw new HubError('too-large', 'This notebook is too large to be shown. Download it, or open it in a server.');
  throw new HubError('invalid-input', 'This is no notebook.');
}
