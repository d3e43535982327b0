import { remembered } from '../../../proxy/remembered';
import { RESPONSE, responseNameOf } from '../../../proxy/response-rules';

describe('names of response headers', () => {
  test('E05: a name is dropped however it is spelled, as bytes and as text', () => {
    for (const name of ['Clear-Site-Data', 'clear-site-data', 'CLEAR-SITE-DATA']) {
      for (const part of [Buffer.from(name), name, Buffer.from(name)]) expect(responseNameOf(part)).toEqual({ text: name, kind: RESPONSE.drop });
    }
  });

  test('E05: names of the same length, first and last byte are not taken for each other', () => {
    for (let i = 0; i < 3; i += 1) {
      expect(responseNameOf(Buffer.from('set-login')).kind).toBe(RESPONSE.drop);
      expect(responseNameOf(Buffer.from('sat-lagun'))).toEqual({ text: 'sat-lagun', kind: RESPONSE.pass });
    }
  });

  test('the bytes of a name may change after it was read', () => {
    const chunk = Buffer.from('x-sendfile');
    expect(responseNameOf(chunk).kind).toBe(RESPONSE.drop);
    chunk.write('x-somefile');
    expect(responseNameOf(chunk)).toEqual({ text: 'x-somefile', kind: RESPONSE.pass });
    expect(responseNameOf(Buffer.from('x-sendfile')).kind).toBe(RESPONSE.drop);
  });
});

describe('remembering', () => {
  test('computes once, forgets everything when full, and keeps nothing long', () => {
    const asked: string[] = [];
    const lengthOf = remembered((text) => asked.push(text) && text.length, 2, 3);
    for (const text of ['a', 'a', 'bb', 'a', 'ccc', 'a', 'long', 'long']) expect(lengthOf(text)).toBe(text.length);
    expect(asked).toEqual(['a', 'bb', 'ccc', 'a', 'long', 'long']);
  });

  test('null is an answer too', () => {
    let asked = 0;
    const nothing = remembered<string | null>(() => ((asked += 1), null));
    expect([nothing('x'), nothing('x'), asked]).toEqual([null, null, 1]);
  });
});
