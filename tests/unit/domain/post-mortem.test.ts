import { boundedTail, causeOf } from '../../../hub/domain/post-mortem';
import { adviceText, endText } from '../../../views/components/post-mortem';
import { translator } from '../../../views/i18n';

const facts = { asked: false, gone: false, exitCode: 0, oomKilled: false };

test.each([
  ['memory', { ...facts, exitCode: 137, oomKilled: true }],
  ['memory', { ...facts, exitCode: 137, oomKilled: true, asked: true }],
  ['killed', { ...facts, exitCode: 137 }],
  ['terminated', { ...facts, exitCode: 143 }],
  ['signal', { ...facts, exitCode: 139 }],
  ['ended', facts],
  ['command', { ...facts, exitCode: 127 }],
  ['command', { ...facts, exitCode: 126 }],
  ['crashed', { ...facts, exitCode: 1 }],
  ['crashed', { ...facts, exitCode: 255 }],
  ['removed', { ...facts, gone: true, exitCode: null }],
  ['unknown', { ...facts, exitCode: null }],
  ['asked', { ...facts, asked: true, exitCode: 143 }],
  ['unready', { ...facts, unready: true, exitCode: 137 }],
  ['memory', { ...facts, unready: true, exitCode: 137, oomKilled: true }],
] as const)('M05: an end is called %s for what %j says', (cause, what) => {
  expect(causeOf(what)).toBe(cause);
  for (const lang of ['en', 'zh'] as const) {
    const end = { at: new Date(0), cause, exitCode: what.exitCode, memory: { peak: 2 * 1024 ** 3, limit: 2 * 1024 ** 3 }, logTail: [] };
    const said = `${endText(end, translator(lang))} ${adviceText(end, translator(lang))}`;
    expect(said).not.toMatch(/\{\w+\}/);
    if (cause === 'memory') expect(said).toContain('2.0 GiB');
  }
});

test('M05: without a limit of its own, a lack of memory is the machine\'s', () => {
  const end = { at: new Date(0), cause: 'memory', exitCode: 137, memory: { peak: null, limit: null }, logTail: [] } as const;
  expect(adviceText(end, translator('en'))).toContain('The machine ran out of memory');
});

test('M05: what is kept of a log is its end, and has a bound', () => {
  const kept = boundedTail(Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(1_990)}`));
  expect(kept.at(-1)).toMatch(/^49 /);
  expect(kept.join('\n').length).toBeLessThanOrEqual(16_000);
  expect(kept.length).toBe(8);
  expect(boundedTail(['a', 'b'])).toEqual(['a', 'b']);
});
