import type { FolderEntry } from '../../hub/domain/folder';
import type { NotebookPreview } from '../../hub/domain/notebook';
import type { VolumePurpose } from '../../hub/domain/volume';
import type { FileAddress } from '../../hub/urls';
import { Empty } from '../components/amounts';
import { Pager } from '../components/lists';
import { Notebook } from '../components/notebook';
import { Time } from '../components/time';
import { bytes } from '../i18n';
import { Layout, type Shell } from '../layout';

/** Whose files these are, on every page about them. */
export interface FilesOwner {
  readonly user: string;
  /** The viewer's own. */
  readonly own: boolean;
  /** A server of theirs runs. */
  readonly running: boolean;
}

export interface FilesModel extends FilesOwner {
  readonly volumes: readonly { readonly id: string; readonly purpose: VolumePurpose; readonly generation: number; readonly state: 'active' | 'bin'; readonly bytes: number | null; readonly lastSeen: Date | null }[];
}

/** What somebody keeps: one row for each volume that can be opened. */
export function filesPage(shell: Shell, m: FilesModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={m.own ? t('files.title') : t('files.titleOf', { name: m.user })} live={['volumes', 'servers']}>
      {m.own ? <p class="lead">{t('files.explain')}</p> : null}
      <About shell={shell} m={m} />
      {m.volumes.length === 0 ? <Empty title={t('files.noVolumes')}><p>{t('files.noVolumesText')}</p></Empty> : (
        <div class="scroll">
          <table>
            <thead><tr><th scope="col">{t('volumes.columnVolume')}</th><th scope="col">{t('volumes.columnHolds')}</th><th scope="col">{t('files.columnSize')}</th><th scope="col">{t('volumes.columnUsed')}</th></tr></thead>
            <tbody>
              {m.volumes.map((row) => (
                <tr key={row.id}>
                  <th scope="row" class="tight">
                    <a href={urls.folder({ user: m.user, volume: row.state === 'active' ? row.purpose : row.id, path: '' })}>{row.state === 'active' ? t(`volumes.${row.purpose}`) : t('volumes.generation', { purpose: t(`volumes.${row.purpose}`), number: row.generation })}</a>
                    {row.state === 'bin' ? <> <span class="badge">{t('files.bin')}</span></> : null}
                  </th>
                  <td data-label={t('volumes.columnHolds')}>{t(`volumes.${row.purpose}Holds`)}</td>
                  <td data-label={t('files.columnSize')} class="tight">{row.bytes === null ? t('volumes.notMeasured') : bytes(row.bytes)}</td>
                  <td data-label={t('volumes.columnUsed')}><Time at={row.lastSeen} none={t('volumes.notUsed')} relative /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Layout>
  );
}

function About({ shell: { t }, m }: { readonly shell: Shell; readonly m: FilesOwner }) {
  return (
    <>
      {m.own ? null : <p class="note warn">{t('files.explainOf', { name: m.user })}</p>}
      {m.own && m.running ? <p class="note">{t('files.running')}</p> : null}
    </>
  );
}

/** A place in a volume, as a page calls it. */
export interface PlaceModel extends FilesOwner {
  readonly address: FileAddress;
  /** What the volume is called. */
  readonly purpose: VolumePurpose;
}

export interface FolderModel extends PlaceModel {
  /** null: no server ever had this volume, so there is nothing to look into. */
  readonly page: { readonly entries: readonly FolderEntry[]; readonly total: number; readonly complete: boolean } | null;
  readonly offset: number;
  readonly limit: number;
}

interface FolderPart {
  readonly shell: Shell;
  readonly m: FolderModel;
}

export function folderPage(shell: Shell, m: FolderModel) {
  const { t, urls } = shell;
  const { page } = m;
  return (
    <Layout {...shell} title={nameOf(m) ?? t('files.titleIn', { place: t(`volumes.${m.purpose}`) })}>
      <Crumbs shell={shell} m={m} />
      <About shell={shell} m={m} />
      {page === null ? <Empty title={t('files.neverUsed')}><p>{t('files.neverUsedText')}</p></Empty> : page.total === 0 ? <Empty title={t('files.empty')}><p>{t('files.emptyText')}</p></Empty> : (
        <>
          <p class="actions"><a class="button quiet" href={urls.apiFolder(m.address)}>{t('files.downloadFolder')}</a> <span class="hint">{t('files.downloadHint')}</span></p>
          {page.complete ? null : <p class="note warn">{t('files.incomplete', { count: page.total })}</p>}
          <Entries shell={shell} m={m} entries={page.entries} />
          <Pager t={t} offset={m.offset} limit={m.limit} total={page.total} at={(offset) => urls.folder(m.address, offset)} />
        </>
      )}
    </Layout>
  );
}

const nameOf = ({ address: { path } }: PlaceModel): string | undefined => (path === '' ? undefined : shown(path.split('/').at(-1) ?? ''));

/** The way down, each step a link but the last. */
function Crumbs({ shell: { t, urls }, m }: { readonly shell: Shell; readonly m: PlaceModel }) {
  const names = m.address.path === '' ? [] : m.address.path.split('/');
  const steps = [{ text: t(`volumes.${m.purpose}`), path: '' }, ...names.map((name, i) => ({ text: shown(name), path: names.slice(0, i + 1).join('/') }))];
  return (
    <nav class="crumbs" aria-label={t('files.place')}>
      <ol>
        <li><a href={urls.files(m.own ? undefined : m.user)}>{t('nav.files')}</a></li>
        {steps.map(({ text, path }, i) => <li key={path}>{i === steps.length - 1 ? <span aria-current="page">{text}</span> : <a href={urls.folder({ ...m.address, path })}>{text}</a>}</li>)}
      </ol>
    </nav>
  );
}

function Entries({ shell: { t, urls }, m, entries }: FolderPart & { readonly entries: readonly FolderEntry[] }) {
  const addressOf = (entry: FolderEntry): FileAddress => ({ ...m.address, path: m.address.path === '' ? entry.name : `${m.address.path}/${entry.name}` });
  return (
    <div class="scroll">
      <table class="files">
        <thead><tr><th scope="col">{t('files.columnName')}</th><th scope="col">{t('files.columnSize')}</th><th scope="col">{t('files.columnModified')}</th><th scope="col">{t('files.columnActions')}</th></tr></thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.name}>
              <th scope="row"><bdi>{entry.kind === 'folder' ? <a href={urls.folder(addressOf(entry))}>{shown(entry.name)}/</a> : isShowable(entry) ? <a href={urls.fileView(addressOf(entry))}>{shown(entry.name)}</a> : shown(entry.name)}</bdi></th>
              <td data-label={t('files.columnSize')} class="tight">{entry.kind === 'file' ? bytes(entry.bytes ?? 0) : <span class="hint">{t(`files.kind.${entry.kind}`)}</span>}</td>
              <td data-label={t('files.columnModified')}><Time at={entry.modified} none={t('files.gone')} relative /></td>
              <td data-label={t('files.columnActions')} class="tight">{entry.kind === 'file' ? <a href={urls.apiFile(addressOf(entry))} aria-label={t('files.downloadNamed', { name: shown(entry.name) })}>{t('files.download')}</a> : entry.kind === 'folder' ? <a href={urls.apiFolder(addressOf(entry))} aria-label={t('files.downloadNamed', { name: shown(entry.name) })}>{t('files.download')}</a> : <span aria-hidden="true">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What pages offer to show; the page that shows it finds out what it really is. */
const TEXT = /\.(?:ipynb|txt|md|rst|py|r|jl|sh|sql|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|log|tex|bib|xml|html?|css|m?js|tsx?|c|h|cc|cpp|hpp|java|go|rs|rb|pl|lua|scala|diff|patch|env|lock|gitignore)$|^(?:README|LICENSE|Makefile|Dockerfile)$|^\.[a-z_]+$/i;
const isShowable = ({ name, kind }: FolderEntry): boolean => kind === 'file' && TEXT.test(name);

/** Line breaks, and marks that turn the order of letters round, would make one name look like another. */
const INVISIBLE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069]/gu;
const shown = (name: string): string => name.replace(INVISIBLE, '\ufffd');

export interface FileModel extends PlaceModel {
  readonly bytes: number;
  readonly modified: Date;
  readonly file:
    | { readonly kind: 'notebook'; readonly notebook: NotebookPreview }
    | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
    | { readonly kind: 'none'; readonly why: 'large' | 'binary' | 'no-notebook' };
}

/** One file, to be read: as a notebook, as text, or not at all. */
export function filePage(shell: Shell, m: FileModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={nameOf(m) ?? ''}>
      <Crumbs shell={shell} m={m} />
      <p class="actions">
        <a class="button" href={urls.apiFile(m.address)}>{t('files.download')}</a>
        <a class="button quiet" href={urls.folder({ ...m.address, path: m.address.path.split('/').slice(0, -1).join('/') })}>{t('files.back')}</a>
        <span class="hint">{t('files.about', { size: bytes(m.bytes) })} <Time at={m.modified} none="" /></span>
      </p>
      <Shown shell={shell} m={m} />
    </Layout>
  );
}

function Shown({ shell: { t }, m: { file } }: { readonly shell: Shell; readonly m: FileModel }) {
  if (file.kind === 'none') return <Empty title={t('files.noPreview')}><p>{t(`files.none.${file.why}`)}</p></Empty>;
  if (file.kind === 'notebook') return <section class="panel"><p class="hint">{t('files.sanitised')}</p><Notebook notebook={file.notebook} t={t} /></section>;
  return (
    <>
      {file.cut ? <p class="note">{t('files.cut')}</p> : null}
      {file.text === '' ? <p class="hint">{t('files.emptyFile')}</p> : <pre class="code" tabIndex={0}><code>{file.text}</code></pre>}
    </>
  );
}
