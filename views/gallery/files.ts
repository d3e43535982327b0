import type { FolderEntry } from '../../hub/domain/folder';
import { confirmPage } from '../pages/confirm';
import { filePage, filesPage, folderPage, type FileModel, type FilesModel, type FolderModel } from '../pages/files';
import { minutesAgo, type Exhibit } from './exhibit';

const MIB = 1024 ** 2;
const DAY = 1440;
const owner = { user: 'alice', own: true, running: false } as const;
const volume = { id: 'v1', purpose: 'workspace', generation: 2, state: 'active', bytes: 8.3 * 1024 * MIB, lastSeen: minutesAgo(190) } as const;
const volumes: FilesModel = { ...owner, volumes: [volume, { ...volume, id: 'v2', purpose: 'home', generation: 1, bytes: 0.3 * 1024 * MIB }, { ...volume, id: 'v3', purpose: 'cache', bytes: null, lastSeen: null }, { ...volume, id: 'v0', generation: 1, state: 'bin', lastSeen: minutesAgo(9 * DAY) }] };
const entry = (name: string, bytes: number, minutes: number): FolderEntry => ({ name, kind: 'file', bytes, modified: minutesAgo(minutes) });
const folderOf = (name: string, minutes: number): FolderEntry => ({ name, kind: 'folder', bytes: null, modified: minutesAgo(minutes) });
const entries: readonly FolderEntry[] = [
  folderOf('.ipynb_checkpoints', 200), folderOf('figures', 2 * DAY), folderOf('data-2026', 12 * DAY), entry('Alpha Research.ipynb', 0.3 * MIB, 195), entry('crsp.parquet', 734 * MIB, 12 * DAY), entry('notes.md', 2_100, 3 * DAY),
  { name: 'shared', kind: 'link', bytes: null, modified: minutesAgo(30 * DAY) }, { name: 'queue.sock', kind: 'other', bytes: null, modified: minutesAgo(200) }, entry('a name with a line\nbreak and "quotes".txt', 12, 40 * DAY), entry('Zusammenfassung für die Übergabe, zweite Fassung, mit allen Anhängen und Tabellen.txt', 88_000, 60 * DAY),
];
const place = { ...owner, purpose: 'workspace', address: { user: 'alice', volume: 'workspace', path: 'projects/alpha' } } as const;
const folder: FolderModel = { ...place, offset: 0, limit: 200, page: { entries, total: entries.length, complete: true } };
const PIXELS = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFklEQVR4nGNgYPiPC+GQwKN8sEoAAHLpP8G3+CnGAAAAAElFTkSuQmCC';
const notebook: FileModel = {
  ...place, address: { ...place.address, path: 'projects/alpha/Alpha Research.ipynb' }, bytes: 0.3 * MIB, modified: minutesAgo(195),
  file: { kind: 'notebook', notebook: { language: 'python', more: 3, cells: [
    { kind: 'markdown', source: '# Alpha Research\n\nDoes the signal **survive** costs?' },
    { kind: 'code', source: 'import pandas as pd\n\ncrsp = pd.read_parquet(\'/data/wrds/crsp/daily/2024.parquet\')\ncrsp.head(2)', outputs: [{ kind: 'text', text: '   permno       date      ret\n0   10001 2024-01-02  0.00412\n1   10002 2024-01-02 -0.01030' }] },
    { kind: 'code', source: 'crsp.ret.cumsum().plot()', outputs: [{ kind: 'image', type: 'image/png', data: PIXELS }, { kind: 'left-out' }] },
    { kind: 'code', source: 'crsp.alpha', outputs: [{ kind: 'error', text: 'AttributeError: \'DataFrame\' object has no attribute \'alpha\'' }] },
  ] } },
};
const text: FileModel = { ...notebook, address: { ...place.address, path: 'projects/alpha/notes.md' }, bytes: 300_000, file: { kind: 'text', text: '# Notes\n\n- <b>not bold</b>\n- look at turnover\n', cut: true } };

const exhibit = (id: string, title: string, page: Exhibit['page'], viewer: Exhibit['viewer'] = 'user'): Exhibit => ({ id, title, viewer, page });

/** What is in the volumes. */
export const fileExhibits: readonly Exhibit[] = [
  exhibit('files', 'Files', (shell) => filesPage(shell, volumes)),
  exhibit('files-none', 'Files, none yet', (shell) => filesPage(shell, { ...volumes, volumes: [] })),
  exhibit('files-confirm', 'Files of somebody else, asked', (shell) => confirmPage(shell, { title: shell.t('files.confirmTitle', { name: 'mei' }), text: shell.t('files.confirmText', { name: 'mei' }), submit: shell.t('files.confirmSubmit', { name: 'mei' }), action: shell.urls.files('mei'), back: shell.urls.volumes('mei'), backText: shell.t('action.cancel') }), 'admin'),
  exhibit('files-other', 'Files of somebody else', (shell) => filesPage(shell, { ...volumes, user: 'mei', own: false }), 'admin'),
  exhibit('files-folder', 'A folder', (shell) => folderPage(shell, folder)),
  exhibit('files-folder-running', 'A folder while a server runs, the second page of many', (shell) => folderPage(shell, { ...folder, running: true, offset: 200, page: { entries, total: 100_000, complete: false } })),
  exhibit('files-folder-empty', 'A folder without anything', (shell) => folderPage(shell, { ...folder, page: { entries: [], total: 0, complete: true } })),
  exhibit('files-folder-unused', 'A volume that no server had', (shell) => folderPage(shell, { ...folder, address: { ...place.address, path: '' }, page: null })),
  exhibit('files-notebook', 'A notebook', (shell) => filePage(shell, notebook)),
  exhibit('files-text', 'A text, cut', (shell) => filePage(shell, text)),
  exhibit('files-binary', 'A file without a preview', (shell) => filePage(shell, { ...text, bytes: 734 * MIB, file: { kind: 'none', why: 'binary' } })),
];
