import fc from 'fast-check';
import { HubError } from '../../../hub/domain/errors';
import { normaliseUserName, parseGroupName, parseLoginName, parseServerName, parseSignUpName, parseUserName } from '../../../hub/domain/names';

const status = (work: () => unknown): number => {
  try {
    work();
  } catch (err) {
    if (err instanceof HubError) return err.status;
    throw err;
  }
  return 200;
};

const STRUCTURAL = ['.', '..', 'new', 'hub', 'user', 'users', 'api', '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];
const BROKEN = ['', ' ', 'a/b', 'a\\b', 'a;b', 'a?b', 'a#b', '%2e', 'a%2fb', '\u202e', 'a\u202eb', 'a\u0000b', 'a\nb', 'a\r\nb', 'a\tb', 'a\u0085b', 'a\u2028b', 'a\u200bb', 'a\u200db', 'a\ufeffb', 'a\u00adb', 'a\u034fb', 'a\u3164b', 'a\ufe0fb', '\ud800', 'a\ufffdb', 'a'.repeat(300)];

describe('signing up', () => {
  test.each(['a', '7', 'alice', 'a.b', 'a-b_c', 'a..b', '0x1', 'a'.repeat(64)])('%s is a name', (name) => {
    expect(parseSignUpName(name)).toBe(name);
  });

  test.each(['Alice', 'ALICE', 'alice ', ' alice', '\uff41lice', 'alice\u200b', '\u0430lice', 'al\u0131ce', '\u212aate', 'éva', 'e\u0301va', 'a b', 'a@b.org', '-a', 'a-', '.a', 'a.', '_a', 'a_', 'a'.repeat(65)])('A10: %j is refused', (name) => {
    expect(status(() => parseSignUpName(name))).toBe(400);
  });

  test.each([...STRUCTURAL, ...BROKEN, 'admin', 'root'])('A11: %j is refused', (name) => {
    expect(status(() => parseSignUpName(name))).toBe(400);
  });

  test("A12: the administrator's name is refused, whatever it is", () => {
    expect(status(() => parseSignUpName('boss', ['boss']))).toBe(400);
    expect(status(() => parseSignUpName('boss'))).toBe(200);
  });

  test.each([undefined, null, 7, ['alice'], { toString: 1 }, true])('A09: %j is refused', (raw) => {
    for (const parse of [parseSignUpName, parseUserName, parseGroupName, parseServerName]) expect(status(() => parse(raw))).toBe(400);
    expect(parseLoginName(raw)).toBeUndefined();
  });

  test('what passes is its own normal form, and passes everywhere else', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (raw) => {
      if (status(() => parseSignUpName(raw)) !== 200) return;
      expect([normaliseUserName(raw), parseUserName(raw), parseLoginName(raw)]).toEqual([raw, raw, raw]);
    }), { numRuns: 1000 });
  });
});

describe('names from administrators, imports and identity providers', () => {
  test.each([
    ['alice', 'alice'],
    ['Alice', 'alice'],
    ['\uff41lice', 'alice'],
    ['\u212aate', 'kate'],
    ['İpek', 'i̇pek'],
    ['a@b.org', 'a@b.org'],
    ['Jane Doe', 'jane doe'],
    ['x+y', 'x+y'],
    ['admin', 'admin'],
    ['用户', '用户'],
    ['éva', 'éva'],
    ['e\u0301va', 'éva'],
    ['иван', 'иван'],
    ['Ωμέγα', 'ωμέγα'],
    ['用户bob', '用户bob'],
    ['a'.repeat(255), 'a'.repeat(255)],
  ])('%j becomes %j', (raw, name) => {
    expect(parseUserName(raw)).toBe(name);
  });

  test.each([...STRUCTURAL, ...BROKEN, ' alice', 'alice ', 'a'.repeat(256)])('A11: %j is refused', (name) => {
    expect(status(() => parseUserName(name))).toBe(400);
  });

  test.each(['\u0430lice', 'bоb', 'раураӏ', 'ѕсоре', 'αlice', 'ο', 'alicе.1'])('A10: %j reads like another name and is refused', (name) => {
    expect(status(() => parseUserName(name))).toBe(400);
  });

  test('a normal form stays as it is, and long input is refused at once', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (raw) => {
      const once = normaliseUserName(raw);
      expect(normaliseUserName(once)).toBe(once);
    }), { numRuns: 1000 });
    const started = performance.now();
    expect(status(() => parseSignUpName('a'.repeat(2_000_000)))).toBe(400);
    for (const text of ['a'.repeat(5_000_000), '\ufdfa'.repeat(1_000_000), 'a-'.repeat(500_000)]) {
      expect(status(() => parseUserName(text))).toBe(400);
      expect(parseLoginName(text)).toBeUndefined();
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('signing in', () => {
  test.each([
    ['alice', 'alice'],
    ['Alice', 'alice'],
    ['  alice  ', 'alice'],
    ['Jane Doe', 'jane doe'],
    ['ÉVA', 'éva'],
  ])('%j means %j', (raw, name) => {
    expect(parseLoginName(raw)).toBe(name);
  });

  test.each(['\u212aate', '\uff41lice', 'alice\u200b', '\u0430lice', '', 'a/b', '__proto__'])('A10: %j is nobody', (raw) => {
    expect(parseLoginName(raw)).toBeUndefined();
  });
});

describe('G04: names of servers', () => {
  test.each(['a', 'gpu', 'gpu-2', 'a1', 'x'.repeat(30), 'lab2', 'my-lab'])('%s is a name', (name) => {
    expect(parseServerName(name)).toBe(name);
  });

  test('the empty name is the default server', () => {
    expect(parseServerName('')).toBe('');
  });

  test.each(['.', '..', 'a/b', '%2f', '%2e', 'a b', 'Bad', '1a', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'ä', 'x'.repeat(31), 'x'.repeat(300), 'a\n', '\u0430', '__proto__'])('%j is refused', (name) => {
    expect(status(() => parseServerName(name))).toBe(400);
  });

  test.each(['lab', 'api', 'tree', 'files', 'static', 'login', 'logout', 'edit', 'notebooks', 'terminals', 'doc', 'proxy', 'view', 'hub', 'user', 'metrics', 'constructor'])('%s would hide a page of Jupyter and is refused', (name) => {
    expect(status(() => parseServerName(name))).toBe(400);
  });

  test("the words are JupyterHub's", () => {
    expect(() => parseServerName('Bad name')).toThrow("Invalid server_name: 'Bad name'");
    expect(() => parseServerName('a/b')).toThrow("Invalid server_name (may not contain '/'): a/b");
  });
});

describe('names of groups', () => {
  test.each(['lab', 'org/team', 'Wirtschaft & Recht', '研究'])('%s is a name', (name) => {
    expect(parseGroupName(name)).toBe(name);
  });
  test.each(['', ' lab', 'lab ', 'a\u200bb', 'a\nb', 'x'.repeat(256)])('%j is refused', (name) => {
    expect(status(() => parseGroupName(name))).toBe(400);
  });
});
