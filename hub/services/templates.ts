import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HubError } from '../domain/errors';

/** A starter notebook that every lab sees, read-only, below `/templates`. */
export interface Template {
  /** Name of its folder. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** Path of the notebook on the hub's machine. */
  readonly notebook: string;
}

const SLUG = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Reads every folder of `dir`, sorted by slug. Throws one `invalid-input` that lists everything that is wrong. No folder at all: an empty list. */
export function loadTemplates(dir: string): readonly Template[] {
  const problems: string[] = [];
  const templates: Template[] = [];
  for (const slug of foldersOf(dir)) {
    try {
      templates.push(loadTemplate(dir, slug));
    } catch (err) {
      problems.push(`${slug}: ${err instanceof Error ? err.message : String(err)}`);
    }
  }
  if (problems.length > 0) throw new HubError('invalid-input', `These templates cannot be used: ${problems.join('; ')}`, { details: { problems } });
  return templates;
}

function foldersOf(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}

function loadTemplate(dir: string, folder: string): Template {
  const about = readJson(join(dir, folder, 'template.json'));
  const unknown = Object.keys(about).filter((key) => !['slug', 'title', 'description'].includes(key));
  if (unknown.length > 0) throw new Error(`template.json has unknown keys: ${unknown.join(', ')}`);
  const slug = text(about, 'slug');
  if (!SLUG.test(slug) || slug !== folder) throw new Error('slug must be the name of the folder: lower-case letters, digits, "_" and "-"');
  const notebook = join(dir, folder, 'notebook.ipynb');
  const content = readJson(notebook);
  if (content['nbformat'] !== 4 || !Array.isArray(content['cells'])) throw new Error('notebook.ipynb is not a notebook of format 4');
  return { slug, title: text(about, 'title'), description: text(about, 'description'), notebook };
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${file} is not a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

function text(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value.trim() === '' || value.length > 500) throw new Error(`template.json needs "${key}": a text of 1 to 500 characters`);
  return value;
}
