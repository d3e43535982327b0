import { generatePassword, parseNewPassword } from '../../../hub/services/passwords';
import { codeOf } from './accounts-world';

describe('a new password', () => {
  it.each([
    ['too short', 'elevenchars'],
    ['not text', 12345678901234],
    ['absent', undefined],
    ['a list', ['four unrelated words']],
    ['more than 1024 bytes', 'ab cd ef gh '.repeat(100)],
    ['more than 1024 bytes in few letters', 'é💥x'.repeat(250)],
    ['1 MiB', 'a'.repeat(1 << 20)],
    ['the user name', 'alice.liddell'],
    ['the user name in other letters', 'Alice.LIDDELL'],
    ['the user name twice', 'alice.liddellalice.liddell'],
    ['the user name and two digits', 'alice.liddell42'],
    ['common', 'password1234'],
    ['common with punctuation', 'Password2024!!'],
    ['common in long', 'correcthorsebatterystaple'],
    ['one letter', 'aaaaaaaaaaaaaa'],
    ['two letters', 'abababababab'],
    ['digits only', '582049137756'],
    ['a run', 'bcdefghijklmnop'],
  ])('may not be %s', async (_what, password) => expect(await codeOf(() => parseNewPassword(password, 'alice.liddell'))).toBe('invalid-input'));

  it.each(['four unrelated words', 'Xk2-vv9q-Lm!e', '十二个字符的一个长密码好吗', 'pw\0x and more of it', 'é'.repeat(3) + 'xyz-123 abc'])('may be %j', (password) => {
    expect(parseNewPassword(password, 'alice')).toBe(password);
  });

  it('counts characters, not bytes or code units', async () => {
    expect(await codeOf(() => parseNewPassword('💥🎉🚀🔥💥🎉', 'alice'))).toBe('invalid-input');
  });

  it('may be shorter where the settings say so', () => {
    expect(parseNewPassword('vX9-q2', 'alice', { minLength: 6 })).toBe('vX9-q2');
  });

  it('does not accept composed letters that collapse to a short password', async () => {
    expect(await codeOf(() => parseNewPassword('e\u0301'.repeat(6) + 'abc', 'alice'))).toBe('invalid-input');
  });
});

describe('a generated password', () => {
  it('is four groups of letters that cannot be mixed up, is good enough, and never comes again', () => {
    const made = Array.from({ length: 500 }, generatePassword);
    for (const password of made) {
      expect(password).toMatch(/^[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}$/);
      expect(parseNewPassword(password, 'alice')).toBe(password);
    }
    expect(new Set(made).size).toBe(500);
    // 32 different characters, all of them used: 5 bits each, 80 in all.
    expect(new Set(made.join('').replaceAll('-', '')).size).toBe(32);
  });
});
