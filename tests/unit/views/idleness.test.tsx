import { explain, type IdleSignals } from '../../../hub/domain/idleness';
import { IDLE_WORDS, sayings } from '../../../hub/domain/idleness-words';
import { translator } from '../../../views/i18n';
import { IdleSentence, limitFrom } from '../../../views/components/idleness';
import { renderPage } from '../../../views/render';

const NOW = new Date('2026-01-05T16:00:00Z');
const QUIET: IdleSignals = { ageMs: 9_000_000, idleForMs: 4_800_000, asked: true, running: [], busyCpus: null, lease: null };
const LIMITS = { idleMs: 14_400_000, maxAgeMs: null, idleFrom: 'setting', maxAgeFrom: 'setting' };
const shown = (signals: Partial<IdleSignals>, lang: 'en' | 'zh' = 'en'): string => renderPage(<IdleSentence verdict={explain({ ...QUIET, ...signals }, LIMITS, NOW)} t={translator(lang)} />).toString();

test('times in the sentence are times, which a script puts into the reader\'s own', () => {
  expect(shown({})).toContain('Stops <time datetime="2026-01-05T18:40:00.000Z">2026-01-05 18:40 UTC</time>: no cell, no typing since <time datetime="2026-01-05T14:40:00.000Z">');
  expect(shown({}, 'zh')).toContain('<time datetime="2026-01-05T18:40:00.000Z">');
});

test('R03: a path or a reason is text, whatever is in it: no markup, and no hole of the sentence', () => {
  const cell = shown({ running: [{ path: '<img src=x>{at}.ipynb', kernel: 'python3', forMs: 60_000 }] });
  expect(cell).toContain('<bdi>&lt;img src=x>{at}.ipynb</bdi>');
  expect(cell).not.toContain('<time');
  expect(shown({ lease: { leftMs: 99_000_000, who: 'alice', why: '{since} "now"' } })).toContain('{since}');
});

test('every sentence can be said in both languages, with all of its values', () => {
  for (const signals of [{}, { running: [{ path: 'a', kernel: 'b', forMs: 1 }] }, { running: [{ path: null, kernel: 'b', forMs: 1 }] }, { busyCpus: 1 }, { lease: { leftMs: 99_000_000, who: 'a', why: '' } }, { asked: false, idleForMs: 99_000_000 }]) {
    for (const lang of ['en', 'zh'] as const) expect(shown(signals, lang)).not.toMatch(/\{\w+\}|undefined|<bdi><\/bdi>/);
  }
  const keys = new Set(Object.keys(IDLE_WORDS));
  expect(sayings(explain(QUIET, LIMITS, NOW), translator('zh')).every(({ key }) => keys.has(key))).toBe(true);
});

test('what set a limit is said in the reader\'s language', () => {
  const said = (lang: 'en' | 'zh') => ['setting', 'profile', 'group:quants'].map((from) => limitFrom(from, translator(lang)));
  expect(said('en')).toEqual(["by the hub's setting", 'by the profile', 'by the group quants']);
  expect(said('zh').join(' ').replace('quants', '')).not.toMatch(/[a-z]/i);
});
