import { chooseRings, needsOf, summary, verdict } from '../../../scripts/bootstrap/rings.cjs';
import { isOver } from '../../../scripts/bootstrap/sweep.cjs';

const result = (over: Record<string, number> = {}): Record<string, number> => ({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 0, ...over });

describe('npm test: choosing rings', () => {
  test('none named means all, in their order', () => {
    expect(chooseRings([])).toEqual(['unit', 'contracts', 'architecture', 'docs', 'http', 'clients', 'proxy', 'docker', 'browser']);
    expect(chooseRings(['browser', 'unit'])).toEqual(['unit', 'browser']);
  });

  test('an unknown ring is refused by name, with those that exist', () => {
    expect(() => chooseRings(['unit', 'untit', 'constructor'])).toThrow('No such ring: untit, constructor. There are: unit,');
  });

  test('an engine is asked for only by the rings that use one', () => {
    expect([...needsOf(['unit', 'http'])]).toEqual([]);
    expect([...needsOf(['docker', 'browser'])].sort()).toEqual(['browser', 'compose', 'engine', 'hub', 'notebook', 'platform', 'stacks', 'test', 'tools']);
  });
});

describe('npm test: a ring\'s verdict', () => {
  test('passes when every test passed and the runner ended well', () => {
    expect(verdict(result(), 0)).toEqual({ passed: 3, failed: 0, note: '' });
  });

  test.each([
    ['a failed test', result({ numFailedTests: 2 }), 1, { passed: 3, failed: 2 }],
    ['a file that does not load', result({ numRuntimeErrorTestSuites: 1 }), 1, { passed: 3, failed: 1 }],
    ['a skipped test', result({ numPendingTests: 1, numTodoTests: 1 }), 0, { passed: 3, failed: 2 }],
    ['no tests at all', result({ numPassedTests: 0 }), 1, { passed: 0, failed: 1 }],
    ['a crash after the last test', result(), 134, { passed: 3, failed: 1 }],
    ['a crash before any result', null, 1, { passed: 0, failed: 1 }],
  ])('%s counts as failed', (_what, written, code, expected) => {
    expect(verdict(written, code)).toMatchObject(expected);
    expect(verdict(written, code).note).not.toBe('');
  });
});

test('the last line of the summary is the sums over all rings', () => {
  const rows = [{ ring: 'unit', passed: 40, failed: 0, note: '', time: '2.0 s' }, { ring: 'http', passed: 7, failed: 1, note: '1 failed', time: '9.1 s' }];
  const lines = summary(rows).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe('47 passed, 1 failed');
  expect(lines[1]).toContain('1 failed');
});

test('what a living run made is left alone, what an ended one made is not', () => {
  expect(isOver(`${process.pid}-k3x`)).toBe(false);
  expect(isOver('4194999-k3x')).toBe(true);
  expect(isOver(undefined)).toBe(false);
});
