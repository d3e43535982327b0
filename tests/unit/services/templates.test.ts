import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTemplates } from '../../../hub/services/templates';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'templates-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const NOTEBOOK = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };
function put(slug: string, about: object, notebook: object | string = NOTEBOOK): void {
  mkdirSync(join(dir, slug));
  writeFileSync(join(dir, slug, 'template.json'), JSON.stringify(about));
  writeFileSync(join(dir, slug, 'notebook.ipynb'), typeof notebook === 'string' ? notebook : JSON.stringify(notebook));
}

test('the shipped templates are valid', () => {
  expect(loadTemplates(join(__dirname, '../../../templates'))).toContainEqual(expect.objectContaining({ slug: 'first_notebook', title: 'First notebook' }));
});

test('templates come sorted by slug; a missing folder means that there are none', () => {
  put('b', { slug: 'b', title: 'B', description: 'second' });
  put('a', { slug: 'a', title: 'A', description: 'first' });
  writeFileSync(join(dir, 'README.md'), 'not a template');
  expect(loadTemplates(dir)).toEqual([
    { slug: 'a', title: 'A', description: 'first', notebook: join(dir, 'a', 'notebook.ipynb') },
    { slug: 'b', title: 'B', description: 'second', notebook: join(dir, 'b', 'notebook.ipynb') },
  ]);
  expect(loadTemplates(join(dir, 'none'))).toEqual([]);
});

test('everything that is wrong is told at once', () => {
  put('one', { slug: 'other', title: 'x', description: 'x' });
  put('two', { slug: 'two', title: '', description: 'x' });
  put('three', { slug: 'three', title: 'x', description: 'x' }, { nbformat: 3, worksheets: [] });
  put('four', { slug: 'four', title: 'x', description: 'x' }, 'not json');
  put('five', { slug: 'five', title: 'x', description: 'x', surprise: 1 });
  put('good', { slug: 'good', title: 'x', description: 'x' });
  expect(() => loadTemplates(dir)).toThrow(expect.objectContaining({ code: 'invalid-input', message: expect.stringMatching(/five: .*surprise.*four: .*one: .*folder.*three: .*format 4.*two: .*title/s) as string }));
});
