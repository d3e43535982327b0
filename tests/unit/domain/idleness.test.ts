import { endOf, explain, type IdleLimits, type IdleSignals } from '../../../hub/domain/idleness';
import { firedSentence, idleSentence } from '../../../hub/domain/idleness-words';
import { durationMs, formatDuration } from '../../../hub/domain/duration';
import { parseWhy } from '../../../hub/domain/lease';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const NOW = new Date('2026-01-05T16:00:00Z');
const LIMITS: IdleLimits = { idleMs: 4 * HOUR, maxAgeMs: null, idleFrom: 'setting', maxAgeFrom: 'setting' };
const QUIET: IdleSignals = { ageMs: 9 * HOUR, idleForMs: 80 * MIN, asked: true, running: [], busyCpus: null, lease: null };
const CELL = { path: 'train.ipynb', kernel: 'python3', forMs: 3 * HOUR };
const LEASE = { leftMs: 6 * HOUR, who: 'alice', why: 'overnight fit' };

const CASES: readonly (readonly [name: string, signals: Partial<IdleSignals>, limits: Partial<IdleLimits>, due: boolean, sentence: string])[] = [
  ['nobody uses says when it stops and since when', {}, {}, false, 'Stops 18:40 UTC: no cell, no typing since 14:40 UTC'],
  ['idle for a little less than the limit is not due', { idleForMs: 4 * HOUR - 1 }, {}, false, 'Stops 16:00 UTC: no cell, no typing since 12:00 UTC'],
  ['idle for the limit is due', { idleForMs: 4 * HOUR }, {}, true, 'Stops 16:00 UTC: no cell, no typing since 12:00 UTC'],
  ['runs a cell is kept, however long nobody looked', { idleForMs: 99 * HOUR, running: [CELL] }, {}, false, 'Kept: a cell has been running in train.ipynb for 3 h'],
  ['runs several names the one that runs longest', { running: [{ ...CELL, path: 'b.ipynb', forMs: MIN }, CELL] }, {}, false, 'Kept: a cell has been running in train.ipynb for 3 h'],
  ['has a busy kernel without a notebook is kept', { running: [{ ...CELL, path: null }] }, {}, false, 'Kept: a kernel (python3) has been busy for 3 h'],
  ['computes without a kernel is kept', { idleForMs: 9 * HOUR, busyCpus: 1.26 }, {}, false, 'Kept: 1.3 CPUs are in use, although no cell runs'],
  ['does not say what it does is kept: missing data means active', { idleForMs: 99 * HOUR, asked: false }, {}, false, 'Kept: it does not say whether a cell is running'],
  ['was used and does not answer still has an end', { asked: false }, {}, false, 'Stops 18:40 UTC: no cell, no typing since 14:40 UTC'],
  ['has no idle limit is kept', { idleForMs: 99 * HOUR }, { idleMs: null }, false, 'Kept: it has no idle limit'],
  ['has a lease is kept for it, with the reason', { idleForMs: 9 * HOUR, lease: LEASE }, {}, false, 'Kept until 22:00 UTC for alice: overnight fit'],
  ['was extended says by whom', { lease: { ...LEASE, why: '' } }, {}, false, 'Kept until 22:00 UTC: alice extended it'],
  ['has a lease that ends before the idle limit does is not kept by it', { lease: { ...LEASE, leftMs: HOUR } }, {}, false, 'Stops 18:40 UTC: no cell, no typing since 14:40 UTC'],
  ['runs a cell and has a maximum age says both', { running: [CELL] }, { maxAgeMs: 2 * DAY }, false, 'Kept: a cell has been running in train.ipynb for 3 h. Stops 2026-01-07 07:00 UTC at the latest: it may run for 2 d and no longer'],
  ['is too old is due, cell and lease or not', { ageMs: 2 * DAY, running: [CELL], lease: LEASE }, { maxAgeMs: 2 * DAY }, true, 'Stops 16:00 UTC: it may run for 2 d and no longer'],
  ['will be too old before it is idle long enough says the age', { ageMs: 2 * DAY - HOUR }, { maxAgeMs: 2 * DAY }, false, 'Stops 17:00 UTC: it may run for 2 d and no longer'],
  ['will be too old before its lease ends says the age', { ageMs: 2 * DAY - HOUR, idleForMs: 9 * HOUR, lease: LEASE }, { maxAgeMs: 2 * DAY }, false, 'Stops 17:00 UTC: it may run for 2 d and no longer'],
  ['has neither limit is kept', {}, { idleMs: null, maxAgeMs: null }, false, 'Kept: it has no idle limit'],
];

test.each(CASES)('M14: a server that %s', (_name, signals, limits, due, sentence) => {
  const verdict = explain({ ...QUIET, ...signals }, { ...LIMITS, ...limits }, NOW);
  expect([idleSentence(verdict, NOW), verdict.due]).toEqual([sentence, due]);
  if (due) expect(verdict.verdict).toBe('stop');
});

test('the end of a server is the earlier of what keeps it and its maximum age', () => {
  const end = (signals: Partial<IdleSignals>, maxAgeMs: number | null) => endOf(explain({ ...QUIET, ...signals }, { ...LIMITS, maxAgeMs }, NOW))?.toISOString() ?? null;
  expect(end({ running: [CELL] }, null)).toBeNull();
  expect(end({ running: [CELL] }, 10 * HOUR)).toBe('2026-01-05T17:00:00.000Z');
  expect(end({ lease: LEASE }, 24 * HOUR)).toBe('2026-01-05T22:00:00.000Z');
  expect(end({}, null)).toBe('2026-01-05T18:40:00.000Z');
});

test('after a stop the rule is named with its limit', () => {
  expect(firedSentence(explain({ ...QUIET, idleForMs: 5 * HOUR }, LIMITS, NOW), NOW)).toBe('It reached its idle limit of 4h: no cell, no typing since 11:00 UTC.');
  expect(firedSentence(explain({ ...QUIET, ageMs: 3 * DAY }, { ...LIMITS, maxAgeMs: 2 * DAY }, NOW), NOW)).toBe('It reached its maximum age of 2d.');
});

test.each([['90s', 90_000], ['6h', 6 * HOUR], ['1.5h', 90 * MIN], ['2 d', 2 * DAY], ['30', 30_000], [45, 45_000], ['0', 0], ['', undefined], ['6 hours', undefined], ['-1h', undefined], [-1, undefined], [NaN, undefined], [null, undefined], ['9'.repeat(40), undefined]])('a duration of %p is %p', (given, ms) => {
  expect(durationMs(given)).toBe(ms);
});

test('a duration is written as it is read', () => {
  for (const text of ['90s', '6h', '2d', '15m', '7ms']) expect(formatDuration(durationMs(text) ?? null)).toBe(text);
});

test.each(['', '   ', 'a\nb', 'x'.repeat(201), 7, null, 'a\u202eb'])('%p is no reason for a lease', (why) => {
  expect(() => parseWhy(why)).toThrow('Say why');
});
