import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { covers } from '../../http/coverage';
import answers from '../../cases/jupyterhub-answers.json';
import operations from '../../cases/jupyterhub-operations.json';
import { judge, pageOf, updatePage } from '../../../scripts/jupyterhub-coverage.cjs';

interface Row { readonly operation: string; readonly status: number; readonly verdict: string; readonly detail: string }
type Verdicts = { readonly rows: readonly Row[]; readonly beyond: readonly Row[]; readonly problems: readonly string[] };

const FILE = path.join(__dirname, '..', '..', 'http', 'api-users.test.ts');
const OPERATIONS = { 'GET /users': { 200: ['5.2.1'] }, 'POST /users/{name}/activity': { 200: ['5.2.1'], 401: ['5.2.1'] } };
const SENT = { 'POST /users/{name}/activity 401': { sent: 403, reason: 'It is 403.' } };
const tested = (title: string, status = 'passed', ancestorTitles: readonly string[] = []): object => ({ ancestorTitles, title, status });
const run = (...assertionResults: readonly object[]): object => ({ ring: 'http', result: { testResults: [{ name: FILE, assertionResults }] } });
const ALL = [tested(covers('GET /users', 200, 'lists them')), tested(covers('POST /users/{name}/activity', 200, 'takes it')), tested(covers('POST /users/{name}/activity', 403, 'refuses strangers'))];
const judged = (tests: readonly object[], given: object = SENT): Verdicts => judge({ operations: OPERATIONS, answers: given, runs: [run(...tests)] }) as Verdicts;

test('a documented answer is tested by a test that passed, and its row names file and test', () => {
  const verdicts = judged(ALL);
  expect(verdicts.problems).toEqual([]);
  expect(verdicts.rows.map(({ verdict }) => verdict)).toEqual(['tested', 'tested', 'tested']);
  expect(verdicts.rows[0]).toMatchObject({ operation: 'GET /users', status: 200, detail: 'tests/http/api-users.test.ts: lists them' });
});

test('a group that is named so speaks for its tests', () => {
  const group = tested('starts it', 'passed', ['/users', covers('GET /users', 200, 'when')]);
  expect(judged([...ALL.slice(1), group]).rows[0]).toMatchObject({ verdict: 'tested', detail: 'tests/http/api-users.test.ts: when starts it' });
});

test.each(['failed', 'pending', 'todo'])('one without a test is missing, one with a test that is %s has failed', (status) => {
  const verdicts = judged([tested(covers('GET /users', 200, 'lists them'), status), tested(covers('GET /users', 200, 'pages')), ...ALL.slice(2)]);
  expect(verdicts.rows.map(({ verdict }) => verdict)).toEqual(['failed', 'missing', 'tested']);
  expect(verdicts.problems).toEqual(['A test of GET /users 200 did not pass.', 'POST /users/{name}/activity 200 has no test that passed.']);
});

test('where JupyterHub sends another status than its document says, the row says which, why, and what shows it', () => {
  expect(pageOf(judged(ALL))).toContain('| `POST /users/{name}/activity` | 401, sent as 403 | 5.2.1 | `tested` | It is 403. tests/http/api-users.test.ts: refuses strangers |');
  expect(judged(ALL.slice(0, 2)).rows[2]).toMatchObject({ verdict: 'missing' });
  expect(judged(ALL, {}).rows[2]).toMatchObject({ verdict: 'missing' });
});

test('a note for what is tested as documented, or for what no document has, is a mistake', () => {
  const stale = judged([...ALL, tested(covers('POST /users/{name}/activity', 401, 'sends it after all'))]);
  expect(stale.problems).toEqual(['POST /users/{name}/activity 401 has a test: remove it from tests/cases/jupyterhub-answers.json.']);
  expect(judged(ALL, { ...SENT, 'GET /x 200': { sent: 1, reason: 'x' } }).problems).toEqual(['tests/cases/jupyterhub-answers.json names GET /x 200, and no contract has it.']);
});

test('what the documents do not name has a table of its own; the same tests give the same bytes in whatever order', () => {
  const more = [...ALL, tested(covers('GET /users', 400, 'refuses ?limit=x'))];
  const page = pageOf(judged(more));
  expect(page).toContain('3 documented answers: 3 tested, 0 failed, 0 missing.');
  expect(page.slice(page.indexOf('## Beyond'))).toContain('| `GET /users` | 400 | `tested` | tests/http/api-users.test.ts: refuses ?limit=x |');
  expect(pageOf(judged(more.toReversed()))).toBe(page);
});

test('the page is rewritten when it differs, which in CI is a failure; a run without all rings does not touch it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-coverage-'));
  try {
    const page = path.join(folder, 'page.md');
    const options = { ci: true, page, operations: OPERATIONS, answers: SENT };
    expect(updatePage([run(...ALL), { ring: 'docker', result: null }], options)).toEqual({ failed: 0, note: expect.stringContaining('no results of docker') });
    expect(updatePage([run(...ALL)], options)).toEqual({ failed: 1, note: expect.stringContaining('commit it') });
    expect(readFileSync(page, 'utf8')).toContain('lists them');
    expect(updatePage([run(...ALL)], options)).toEqual({ failed: 0, note: '3 of 3 documented answers tested' });
    expect(updatePage([run(...ALL.slice(1))], { ...options, ci: false }).failed).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the contract files are there whole: 54 operations with 71 answers, and each note is about one of them', () => {
  const keys = Object.entries(operations).flatMap(([operation, statuses]) => Object.keys(statuses).map((status) => `${operation} ${status}`));
  expect([Object.keys(operations).length, keys.length]).toEqual([54, 71]);
  expect(Object.keys(answers).filter((key) => !keys.includes(key))).toEqual([]);
});
