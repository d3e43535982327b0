import { cookieLine, cookieNames, parseCookies } from '../../../hub/http/cookies';

describe('parseCookies', () => {
  const one = (header: string, name: string) => parseCookies(header).get(name);

  it('keeps values byte for byte and repeated names in order', () => {
    expect(one('a="2|1:0|x="; hub=v; a=b', 'a')).toEqual(['"2|1:0|x="', 'b']);
    expect(one('hub=1; hub=2', 'hub')).toEqual(['1', '2']);
  });

  it.each(['$Version=1; hub2=x', '\u2000hub=x', 'HUB=x', 'hub =x', '__Host-hub=x', 'hub', ''])('B10: does not find hub in %j', (header) => {
    expect(one(header, 'hub')).toBeUndefined();
  });

  it('B10: quotes are part of the value', () => {
    expect(one('hub="x"', 'hub')).toEqual(['"x"']);
  });
});

describe('cookieLine', () => {
  it('B04: has exactly the attributes that were asked for', () => {
    expect(cookieLine(cookieNames(true).session, 'v', { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' })).toBe('__Host-hub=v; Path=/; Secure; HttpOnly; SameSite=Lax');
    expect(cookieLine('lang', 'zh', { path: '/hub/', secure: false, httpOnly: false, sameSite: 'Lax', maxAgeSeconds: 60 })).toBe('lang=zh; Path=/hub/; Max-Age=60; SameSite=Lax');
  });
});
