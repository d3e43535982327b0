import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTemplateFolder, readNotebook } from '../../../hub/services/template-folder';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'templates-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const NOTEBOOK = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };
function put(slug: string, about: object, notebook: object | string | null = NOTEBOOK): void {
  mkdirSync(path.join(dir, slug));
  writeFileSync(path.join(dir, slug, 'template.json'), JSON.stringify(about));
  if (notebook !== null) writeFileSync(path.join(dir, slug, 'notebook.ipynb'), typeof notebook === 'string' ? notebook : JSON.stringify(notebook));
}
const plain = (slug: string, more: object = {}) => ({ slug, title: slug.toUpperCase(), description: 'x', ...more });
const slugs = (found: ReturnType<ReturnType<typeof createTemplateFolder>['read']>) => found.templates.map(({ slug, notebook }) => (notebook === null ? `${slug} without notebook` : slug));

test('the shipped templates are valid, with the titles and descriptions that people know', () => {
  const { templates, problems } = createTemplateFolder(path.resolve(__dirname, '../../../templates')).read();
  expect(problems).toEqual([]);
  expect(templates.map(({ slug, title, description }) => [slug, title, description])).toEqual([
    ['alpha_research', 'Alpha Research', 'Template for developing alpha signals'],
    ['backtest_review', 'Backtest Review', 'Template for reviewing backtest results'],
    ['factor_analysis', 'Factor Analysis', 'Template for analyzing factor exposures'],
    ['first_notebook', 'First notebook', 'Where things are: your workspace, the shared folder, the data, and a first plot.'],
  ]);
  for (const { notebook } of templates) expect((readNotebook(notebook ?? '')['cells'] as readonly object[]).length).toBeGreaterThan(4);
});

test('templates come sorted by slug; a missing folder means that there are none; what begins with _ is no template', () => {
  put('b', plain('b'));
  put('a', plain('a', { groups: ['quants'] }));
  put('_sample', {});
  writeFileSync(path.join(dir, 'README.md'), 'not a template');
  expect(createTemplateFolder(dir).read()).toEqual({
    problems: [],
    templates: [
      { slug: 'a', title: 'A', description: 'x', groups: ['quants'], notebook: path.join(dir, 'a', 'notebook.ipynb') },
      { slug: 'b', title: 'B', description: 'x', groups: [], notebook: path.join(dir, 'b', 'notebook.ipynb') },
    ],
  });
  expect(createTemplateFolder(path.join(dir, 'none')).read()).toEqual({ templates: [], problems: [] });
});

test('everything that is wrong is told at once, and what is right is offered all the same', () => {
  put('one', { slug: 'other', title: 'x', description: 'x' });
  put('two', { slug: 'two', title: '', description: 'x' });
  put('three', plain('three'), { nbformat: 3, worksheets: [] });
  put('four', plain('four'), 'not json');
  put('five', plain('five', { surprise: 1 }));
  put('six', plain('six', { groups: 'quants' }));
  put('seven', plain('seven'), null);
  put('good', plain('good'));
  const found = createTemplateFolder(dir).read();
  expect(found.problems.join('; ')).toMatch(/five: .*surprise.*four: .*one: .*folder.*seven: .*six: .*groups.*three: .*format 4.*two: .*title/s);
  expect(slugs(found)).toEqual(['four without notebook', 'good', 'seven without notebook', 'three without notebook']);
});

test('L02 L11: links are refused: of the folder, of its files, and one that is put there afterwards; nothing outside is read', () => {
  const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
  try {
    writeFileSync(path.join(outside, 'template.json'), JSON.stringify(plain('secret')));
    writeFileSync(path.join(outside, 'notebook.ipynb'), JSON.stringify({ ...NOTEBOOK, cells: [{ cell_type: 'markdown', source: 'secret' }] }));
    symlinkSync(outside, path.join(dir, 'secret'));
    put('linked', plain('linked'), null);
    symlinkSync(path.join(outside, 'notebook.ipynb'), path.join(dir, 'linked/notebook.ipynb'));
    put('about', plain('about'));
    unlinkSync(path.join(dir, 'about/template.json'));
    symlinkSync(path.join(outside, 'template.json'), path.join(dir, 'about/template.json'));
    put('swapped', plain('swapped'));
    const folder = createTemplateFolder(dir);
    expect(slugs(folder.read())).toEqual(['linked without notebook', 'swapped']);
    rmSync(path.join(dir, 'swapped'), { recursive: true });
    symlinkSync(outside, path.join(dir, 'swapped'));
    expect(() => readNotebook(path.join(dir, 'swapped/notebook.ipynb'))).toThrow('not a folder');
    expect(slugs(folder.read())).toEqual(['linked without notebook']);
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test('a folder that is dropped in, changed or taken out is noticed without a restart', () => {
  const folder = createTemplateFolder(dir);
  put('a', plain('a'));
  expect(slugs(folder.read())).toEqual(['a']);
  put('b', plain('b'));
  expect(slugs(folder.read())).toEqual(['a', 'b']);
  writeFileSync(path.join(dir, 'b/template.json'), JSON.stringify(plain('b', { title: 'Changed' })));
  expect(folder.read().templates[1]).toMatchObject({ title: 'Changed' });
  renameSync(path.join(dir, 'b/notebook.ipynb'), path.join(dir, 'b/other.ipynb'));
  expect(slugs(folder.read())).toEqual(['a', 'b without notebook']);
  rmSync(path.join(dir, 'a'), { recursive: true });
  expect(slugs(folder.read())).toEqual(['b without notebook']);
});

test('a file of any size or kind does not hang the hub', () => {
  put('large', plain('large'), `{"nbformat":4,"cells":[],"x":"${'x'.repeat(5_000_000)}"}`);
  put('folder', plain('folder'), null);
  mkdirSync(path.join(dir, 'folder/notebook.ipynb'));
  put('closed', plain('closed'));
  chmodSync(path.join(dir, 'closed'), 0o755);
  const { templates, problems } = createTemplateFolder(dir).read();
  expect(templates.filter(({ notebook }) => notebook === null).map(({ slug }) => slug)).toEqual(['folder', 'large']);
  expect(problems).toHaveLength(2);
});
