import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isNotebook } from '../domain/notebook';
import { SLUG, type Template } from '../domain/template';

/** A template as it lies in its folder. */
export interface FoundTemplate extends Template {
  /** Path of the notebook on the hub's machine; null: it is missing, or is none. */
  readonly notebook: string | null;
}

export interface TemplateFolder {
  /** Reads what was changed since the last time; sorted by slug. Never throws: what cannot be used is in `problems`. */
  read(): { readonly templates: readonly FoundTemplate[]; readonly problems: readonly string[] };
}

interface Known {
  /** Changes whenever one of its files does. */
  readonly stamp: string;
  readonly template: FoundTemplate | null;
  readonly problem: string | null;
}

const ABOUT = 'template.json';
const NOTEBOOK = 'notebook.ipynb';
const LARGEST = 4 * 1024 * 1024;
const KEYS = ['slug', 'title', 'description', 'groups'];
const MOST_GROUPS = 50;

/** The templates below one folder, which an administrator fills while the hub runs. A name that begins with `_` or `.` is no template. */
export function createTemplateFolder(dir: string): TemplateFolder {
  let known: ReadonlyMap<string, Known> = new Map();
  return {
    read() {
      const next = new Map<string, Known>();
      const { names, problem } = foldersOf(dir);
      for (const name of names) {
        const stamp = stampOf(path.join(dir, name));
        const before = known.get(name);
        next.set(name, before?.stamp === stamp ? before : { stamp, ...look(dir, name) });
      }
      known = next;
      const all = [...next.values()];
      return { templates: all.flatMap(({ template }) => (template === null ? [] : [template])), problems: [...problem, ...all.flatMap((one) => (one.problem === null ? [] : [one.problem]))] };
    },
  };
}

/** Links are none: what is offered is what lies in this folder. */
function foldersOf(dir: string): { readonly names: readonly string[]; readonly problem: readonly string[] } {
  try {
    return { names: readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !/^[_.]/.test(entry.name)).map(({ name }) => name).sort(), problem: [] };
  } catch (err) {
    // Nobody made it: there are no templates.
    return { names: [], problem: (err as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [reason(err)] };
  }
}

function stampOf(folder: string): string {
  return [ABOUT, NOTEBOOK].map((file) => {
    const stat = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    return stat === undefined ? '-' : `${stat.ino}:${stat.mtimeMs}:${stat.size}:${stat.mode}`;
  }).join(' ');
}

function look(dir: string, folder: string): Omit<Known, 'stamp'> {
  try {
    const about = aboutOf(path.join(dir, folder), folder);
    const file = path.join(dir, folder, NOTEBOOK);
    try {
      readNotebook(file);
      return { template: { ...about, notebook: file }, problem: null };
    } catch (err) {
      // Its name is known: whoever asks for it is told what is wrong, and not that there is no such template.
      return { template: { ...about, notebook: null }, problem: `${folder}: ${reason(err)}` };
    }
  } catch (err) {
    return { template: null, problem: `${folder}: ${reason(err)}` };
  }
}

const reason = (err: unknown): string => (err instanceof Error ? err.message : String(err));

function aboutOf(folder: string, name: string): Template {
  const about: unknown = JSON.parse(readPlain(path.join(folder, ABOUT)));
  if (typeof about !== 'object' || about === null || Array.isArray(about)) throw new Error(`${ABOUT} is not a JSON object`);
  const given = about as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`${ABOUT} has unknown keys: ${unknown.join(', ')}`);
  const slug = text(given, 'slug');
  if (!SLUG.test(slug) || slug !== name) throw new Error('slug must be the name of the folder: lower-case letters, digits, "_" and "-"');
  return { slug, title: text(given, 'title'), description: text(given, 'description'), groups: groupsIn(given['groups']) };
}

function groupsIn(groups: unknown = []): readonly string[] {
  if (!Array.isArray(groups) || groups.length > MOST_GROUPS || !groups.every((name): name is string => typeof name === 'string' && name !== '')) throw new Error(`${ABOUT}: "groups" is a list of names of groups`);
  return groups;
}

function text(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value.trim() === '' || value.length > 500) throw new Error(`${ABOUT} needs "${key}": a text of 1 to 500 characters`);
  return value;
}

/** The notebook, parsed. Throws with the reason where there is none. */
export function readNotebook(file: string): Readonly<Record<string, unknown>> {
  const content: unknown = JSON.parse(readPlain(file));
  if (!isNotebook(content)) throw new Error(`${NOTEBOOK} is not a notebook of format 4`);
  return content;
}

/** Of a file that is one, in a folder that is one: whoever may write here, a link shows nothing that lies elsewhere (L02, L11). */
function readPlain(file: string): string {
  if (!lstatSync(path.dirname(file)).isDirectory()) throw new Error('it is not a folder');
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`${path.basename(file)} is not a file`);
    if (stat.size > LARGEST) throw new Error(`${path.basename(file)} has more than ${LARGEST} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
