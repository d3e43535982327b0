import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { percentile, spread } from '../../../bench/kit/measure.cjs';
import { BY_HAND, judge, page, verdict } from '../../../bench/report.cjs';
import { keepResult, readResults } from '../../../bench/results.cjs';
import { ROWS } from '../../../bench/targets.cjs';

interface Check {
  readonly id: string;
  readonly scenario: string;
  readonly figure: string;
  readonly ours: string;
  readonly than?: string;
}
interface Scenario {
  readonly name: string;
  readonly figures: readonly { readonly key: string }[];
  readonly peers: readonly { readonly key: string }[];
  readonly rounds: number;
  readonly minutes: number;
}

const FOLDER = path.join(__dirname, '..', '..', '..', 'bench', 'scenarios');
const scenarios = readdirSync(FOLDER).map((file) => require(path.join(FOLDER, file)) as Scenario);
const checks = (ROWS as readonly { readonly checks: readonly Check[] }[]).flatMap((row) => row.checks);

const machine = { cpus: '2 × a CPU', memory: '4 GiB', kernel: 'Linux 6', versions: 'Node 20' };
const result = (samples: Record<string, Record<string, readonly number[]>>, at = '2026-01-02T03:04:05Z') => ({ at, machine, seconds: 1, samples });
const results = { proxy: result({ ours: { cpu: [12, 10, 30] }, theirs: { cpu: [30, 31, 29] } }) };
const check = { id: 'c', says: 'them', scenario: 'proxy', figure: 'cpu', ours: 'ours', than: 'theirs' };

describe('npm run bench: what a figure comes to', () => {
  test('the median is a sample that was taken, and min and max are there', () => {
    expect(spread([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 });
    expect(spread([4, 1, 3, 2])).toEqual({ min: 1, median: 2, max: 4 });
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  });

  test.each([
    ['as much as it may be', { most: 0.4 }, 'met', 'them: 0.40 (at most 0.40)'],
    ['a little more, which two digits would hide', { most: 0.399 }, 'missed', 'them: 0.400 (at most 0.399)'],
    ['more than it may be', { most: 0.39 }, 'missed', 'them: 0.40 (at most 0.39)'],
    ['as many times better as it has to be', { least: 2.5 }, 'met', 'them: 2.50 times better (at least 2.50)'],
    ['not so many times', { least: 3 }, 'missed', 'them: 2.50 times better (at least 3.00)'],
    ['where more is better', { least: 2, moreIsBetter: true }, 'missed', 'them: 0.40 times better (at least 2.00)'],
    ['below a limit', { limit: 12, unit: 'ms' }, 'met', 'them: 12 ms (at most 12 ms)'],
    ['above it', { limit: 11, unit: 'ms' }, 'missed', 'them: 12 ms (at most 11 ms)'],
  ])('%s', (_what, asked, word, text) => {
    expect(judge({ ...check, ...asked }, results)).toEqual({ word, text });
  });

  test('what was not measured is neither met nor missed', () => {
    expect(judge({ ...check, most: 1 }, {}).word).toBe('not measured');
    expect(judge({ ...check, than: 'nobody', most: 1 }, results).word).toBe('not measured');
    expect(judge({ ...check, scenario: 'other', limit: 1 }, results).word).toBe('not measured');
  });

  test('a row is missed when one of its checks is, and met only when all are', () => {
    const [good, bad, none] = [{ ...check, most: 1 }, { ...check, most: 0.1 }, { ...check, scenario: 'other', most: 1 }];
    expect(verdict({ checks: [good, good] }, results).word).toBe('met');
    expect(verdict({ checks: [good, none] }, results).word).toBe('not measured');
    expect(verdict({ checks: [good, none, bad] }, results).word).toBe('missed');
  });
});

describe('npm run bench: the page', () => {
  const scenario = { name: 'proxy', title: 'A request', about: 'About it.', rounds: 3, figures: [{ key: 'cpu', title: 'CPU', unit: 'µs', digits: 1 }], peers: [{ key: 'theirs', title: 'Them' }, { key: 'ours', title: 'Us' }] };
  const rows = [{ title: 'A target', target: 'a third', checks: [{ ...check, most: 1 / 3 }] }];
  const made = (given: object = {}): string => page({ rows, scenarios: [scenario], results, remarks: {}, before: `old\n${BY_HAND}\n\n## By hand\n`, ...given }) as string;

  test('has a row for each target with its ratio and a word, and each peer with min, median, max and ratio', () => {
    expect(made()).toContain('| A target | a third | **them: 0.40 (at most 0.33)** | **missed** |');
    expect(made()).toContain('| Us | 10.0 | **12.0** | 30.0 | 0.40 |');
    expect(made()).toContain('2 × a CPU');
  });

  test('names what is missed, with the reason where one is known', () => {
    expect(made()).toContain('- *A target*: them: 0.40 (at most 0.33). Not looked into yet.');
    expect(made({ remarks: { c: 'The reason.' } })).toContain('(at most 0.33). The reason.');
    expect(made({ rows: [] })).toContain('### Missed\n\nNone.');
  });

  test('a scenario that was never measured is on it too, and what was written by hand stays', () => {
    expect(made({ results: {} })).toContain('## A request\n\nAbout it.\n\nNot measured yet.');
    expect(made()).toMatch(/## By hand\n$/);
    expect(made({ before: made() })).toBe(made());
  });
});

describe('npm run bench: results', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'berth-results-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('the newest of each scenario is kept beside those of the others', () => {
    const file = path.join(dir, 'deeper', 'results.json');
    expect(readResults(file)).toEqual({});
    keepResult('a', { at: '1' }, file);
    keepResult('b', { at: '2' }, file);
    keepResult('a', { at: '3' }, file);
    expect(readResults(file)).toEqual({ a: { at: '3' }, b: { at: '2' } });
  });

  test('a file that cannot be read is left aside', () => {
    const file = path.join(dir, 'broken.json');
    writeFileSync(file, '{');
    const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(readResults(file)).toEqual({});
    expect(said).toHaveBeenCalledWith(expect.stringContaining('is left aside'));
    said.mockRestore();
  });
});

describe('npm run bench: scenarios and targets', () => {
  test.each(checks.map((one) => [one.id, one] as const))('the check %s asks for a figure and peers that exist', (_id, { scenario: name, figure, ours, than }) => {
    const scenario = scenarios.find((one) => one.name === name);
    const peers = scenario?.peers.map(({ key }) => key) ?? [];
    expect(scenario?.figures.map(({ key }) => key)).toContain(figure);
    expect(peers).toEqual(expect.arrayContaining([ours, ...(than === undefined ? [] : [than])]));
  });

  test('no two checks share an id, by which remarks are found', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  test('every scenario ends by itself', () => {
    for (const { name, rounds, minutes } of scenarios) expect({ name, bounded: rounds > 0 && minutes > 0 && minutes <= 30 }).toEqual({ name, bounded: true });
  });
});
