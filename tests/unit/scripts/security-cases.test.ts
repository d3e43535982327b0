import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import catalogue from '../../cases/catalogue.json';
import reasons from '../../cases/reasons.json';
import { judge, pageOf, readName, updatePage } from '../../../scripts/security-cases.cjs';

interface Row { readonly id: string; readonly severity: string; readonly title: string; readonly status: string; readonly detail: string }
type Verdicts = { readonly rows: readonly Row[]; readonly problems: readonly string[] };

const CASES = [
  { id: 'B05', severity: 'critical', title: 'Cookie', where: 'any' },
  { id: 'C12', severity: 'high', title: 'Fetch', where: ['browser'] },
  { id: 'J01', severity: 'critical', title: 'Neighbour', where: ['docker', 'browser'] },
];
const tested = (title: string, status = 'passed', ancestorTitles: readonly string[] = []): object => ({ ancestorTitles, title, status });
const run = (ring: string, ...assertionResults: readonly object[]): object => ({ ring, result: { testResults: [{ assertionResults }] } });
const judged = (runs: readonly object[], given: object = {}): Verdicts => judge({ catalogue: CASES, reasons: given, runs }) as Verdicts;
const rowOf = (id: string, verdicts: Verdicts): Row | undefined => verdicts.rows.find((row) => row.id === id);

describe('ids in names of tests', () => {
  test.each([
    ['B05: the cookie stays', ['B05'], 'the cookie stays'],
    ['J03 J07: nothing answers', ['J03', 'J07'], 'nothing answers'],
    ['F03 and F04: framing', ['F03', 'F04'], 'framing'],
    ['I08 and 3.8: no idle limit', ['I08'], 'no idle limit'],
    ['C02, C03: tokens', ['C02', 'C03'], 'tokens'],
  ])('are read from %j', (name, ids, text) => {
    expect(readName(name)).toEqual({ ids, absent: false, text });
  });

  test('only at the start; absence is a claim of its own', () => {
    expect(readName('a page (B05) works')).toBeNull();
    expect(readName('GET /users/{name} 404: D06: hidden')).toEqual({ ids: ['D06'], absent: false, text: 'hidden' });
    expect(readName('B055: no such form')).toBeNull();
    expect(readName('absent B05: there are no cookies')).toEqual({ ids: ['B05'], absent: true, text: 'there are no cookies' });
  });
});

describe('a verdict', () => {
  test('passes by a test that passed in a ring that may show it, and by a group that is named so', () => {
    const verdicts = judged([run('unit', tested('B05: is stripped')), run('docker', tested('no port opens', 'passed', ['J01: neighbours']))]);
    expect(rowOf('B05', verdicts)).toMatchObject({ status: 'pass', detail: 'unit: is stripped' });
    expect(rowOf('J01', verdicts)).toMatchObject({ status: 'pass', detail: 'docker: neighbours' });
    expect(verdicts.problems).toEqual([]);
  });

  test('is open without a test, or with tests only where fakes are', () => {
    const verdicts = judged([run('http', tested('C12: is refused'))]);
    expect(rowOf('B05', verdicts)).toMatchObject({ status: 'open', detail: 'no test' });
    expect(rowOf('C12', verdicts)).toMatchObject({ status: 'open', detail: 'no test in browser; elsewhere http: is refused' });
  });

  test.each(['failed', 'pending', 'todo'])('is open when one of its tests is %s, in whichever ring', (status) => {
    const verdicts = judged([run('browser', tested('C12: is refused')), run('unit', tested('C12: also here', status))]);
    expect(rowOf('C12', verdicts)).toMatchObject({ status: 'open', detail: 'failed: unit: also here' });
  });

  test('takes its reason when there is no test, with what shows the absence', () => {
    const given = { B05: { status: 'n/a', reason: 'There are no cookies.' }, J01: { status: 'open', reason: 'Later.' } };
    const verdicts = judged([run('http', tested('absent B05: no answer sets one'))], given);
    expect(rowOf('B05', verdicts)).toMatchObject({ status: 'n/a', detail: 'There are no cookies. Shown by http: no answer sets one' });
    expect(rowOf('J01', verdicts)).toMatchObject({ status: 'open', detail: 'Later.' });
    expect(verdicts.problems).toEqual([]);
  });

  test('names what is stale or wrong: a reason for what passes, unknown ids, a reason without words, absence without a reason', () => {
    const runs = [run('unit', tested('B05: is stripped'), tested('B99: no such case'), tested('K01: of a group that is not listed')), run('docker', tested('absent J01: nobody'))];
    expect(judged(runs, { B05: { status: 'open', reason: 'Later.' }, X01: { status: 'n/a', reason: 'x' }, C12: { status: 'pass', reason: '' } }).problems).toEqual([
      'A test names B99, and there is no such case.',
      'B05 passes: remove its reason from tests/cases/reasons.json.',
      'J01 has a test of its absence and no reason in tests/cases/reasons.json.',
      'tests/cases/reasons.json names X01, and there is no such case.',
      'tests/cases/reasons.json: C12 needs the status n/a or open, and a reason.',
    ]);
  });
});

describe('the page', () => {
  test('is the same bytes whatever the order in which tests ended, counts by severity and shows names as text', () => {
    const tests = ['B05: one | bar', 'B05: two <b>', 'B05: three', 'B05: four'].map((name) => tested(name));
    const page = pageOf(judged([run('unit', ...tests)]).rows);
    expect(pageOf(judged([run('unit', ...tests.toReversed())]).rows)).toBe(page);
    expect(page).toContain('| critical | 1 | 0 | 1 |');
    expect(page).toContain('| all | 1 | 0 | 2 |');
    expect(page).toContain('| B05 | critical | Cookie | `pass` | unit: four; unit: one \\| bar; unit: three; and 1 more |');
  });

  test('is rewritten when it differs; in CI that is a failure, and without the results of a ring nothing is written', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'berth-cases-'));
    try {
      const page = path.join(folder, 'page.md');
      const options = { ci: true, page, catalogue: CASES, reasons: {} };
      const runs = [run('unit', tested('B05: is stripped'))];
      expect(updatePage([...runs, { ring: 'docker', result: null }], options)).toEqual({ failed: 0, note: expect.stringContaining('no results of docker') });
      expect(updatePage(runs, options)).toEqual({ failed: 1, note: expect.stringContaining('commit it') });
      expect(readFileSync(page, 'utf8')).toContain('unit: is stripped');
      expect(updatePage(runs, options)).toEqual({ failed: 0, note: '1 pass, 0 n/a, 2 open' });
      expect(updatePage(runs, { ...options, reasons: { B05: { status: 'n/a', reason: 'x' } } }).failed).toBe(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the catalogue', () => {
  test('has every case of the groups A to J and L to S once, and each reason belongs to one', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(277);
    expect([...ids].sort()).toEqual(ids);
    expect(Object.keys(reasons).filter((id) => !ids.includes(id))).toEqual([]);
  });
});
