import { createTrustedProxies, normaliseAddress } from '../../../proxy/client-address';

const trusted = createTrustedProxies(['10.0.0.0/8', '::1', 'fd00::/8', '192.0.2.7']);

test.each([
  ['9.9.9.9', ['1.1.1.1'], '9.9.9.9'],
  ['10.0.0.1', [], '10.0.0.1'],
  ['10.0.0.1', ['1.1.1.1'], '1.1.1.1'],
  ['::ffff:10.0.0.1', ['1.1.1.1'], '1.1.1.1'],
  ['::1', ['1.1.1.1, 2.2.2.2'], '2.2.2.2'],
  ['::1', ['1.1.1.1, 2.2.2.2', '10.1.1.1'], '2.2.2.2'],
  ['::1', ['10.1.1.1, 192.0.2.7'], '10.1.1.1'],
  ['10.0.0.1', ['1.1.1.1, garbage'], '10.0.0.1'],
  ['10.0.0.1', ['1.1.1.1, garbage, 10.5.5.5'], '10.5.5.5'],
  ['10.0.0.1', ['1.1.1.1,'], '10.0.0.1'],
  ['10.0.0.1', ['0x7f000001'], '10.0.0.1'],
  ['10.0.0.1', ['010.8.8.8'], '10.0.0.1'],
  ['10.0.0.1', ['2001:DB8::1'], '2001:db8::1'],
  ['10.0.0.1', ['1.1.1.1:1234'], '10.0.0.1'],
])('peer %s with %j is %s', (peer, lines, address) => {
  expect(trusted.clientAddress(peer, lines)).toBe(address);
});

test('without configuration nobody is trusted', () => {
  const none = createTrustedProxies([]);
  expect(none.trusts('127.0.0.1')).toBe(false);
  expect(none.clientAddress('127.0.0.1', ['6.6.6.6'])).toBe('127.0.0.1');
});

test.each(['10.0.0.0/40', 'localhost', '', '10.0.0'])('%j is no range', (range) => {
  expect(() => createTrustedProxies([range])).toThrow(TypeError);
});

test.each([['::ffff:1.2.3.4', '1.2.3.4'], ['fe80::1%eth0', 'fe80::1'], ['1.2.3.4', '1.2.3.4'], ['x', null]])('%s is %s', (text, address) => {
  expect(normaliseAddress(text)).toBe(address);
});
