import { createLookup } from '../../../hub/http/lookup';
import type { HubRoute } from '../../../hub/http/routes';

const row = (method: HubRoute['method'], path: string): HubRoute => ({ method, path, kind: 'plain', needs: 'anyone', handle: () => ({ kind: 'json', status: 200, body: path }) });

describe('operations by method and path', () => {
  const lookup = createLookup([
    row('get', '/a/order'), row('get', '/a/:name'), row('post', '/a/:name'), row('get', '/a/:name/b/:other'), row('get', '/a/late'), row('get', '/:x/y/b/z'), row('get', '/slash/'),
  ]);
  const found = (method: string, path: string): string | undefined => lookup(method, path)?.route.path;

  it('are found by their segments, and those of the path come decoded', () => {
    expect(lookup('GET', '/a/alice%20b/b/%2Fc')).toMatchObject({ route: { path: '/a/:name/b/:other' }, params: { name: 'alice b', other: '/c' } });
    expect(lookup('GET', '/a/__proto__')?.params).toEqual({ name: '__proto__' });
  });

  it('are tried in the order of the list, whatever is literal', () => {
    expect(found('GET', '/a/order')).toBe('/a/order');
    expect(found('GET', '/a/late')).toBe('/a/:name');
    expect(found('GET', '/a/y/b/z')).toBe('/a/:name/b/:other');
    expect(found('GET', '/c/y/b/z')).toBe('/:x/y/b/z');
  });

  it('answer HEAD as GET, and no other method', () => {
    expect(found('HEAD', '/a/order')).toBe('/a/order');
    expect(found('POST', '/a/order')).toBe('/a/:name');
    expect(found('DELETE', '/a/order')).toBeUndefined();
    expect(found('constructor', '/a/order')).toBeUndefined();
  });

  it('count every slash and letter, and name nothing with an empty segment', () => {
    for (const path of ['/a/', '/a', '/A/order', '/a/order/', '/slash', '//a/order', '']) expect(found('GET', path)).toBeUndefined();
    expect(found('GET', '/slash/')).toBe('/slash/');
  });

  it('do not exist where a segment does not decode', () => {
    expect(() => lookup('GET', '/a/%E0%A4%A')).toThrow(URIError);
  });
});
