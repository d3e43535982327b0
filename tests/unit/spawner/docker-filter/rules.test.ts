import { ruleFor } from '../../../../spawner/docker-filter/rules';

const REFUSED = [
  ['POST', '/containers/abc/exec'], ['POST', '/exec/abc/start'], ['POST', '/build'], ['POST', '/commit'], ['GET', '/containers/abc/attach/ws'], ['POST', '/containers/abc/rename'],
  ['POST', '/containers/abc/update'], ['PUT', '/containers/abc/archive'], ['GET', '/containers/abc/export'], ['POST', '/containers/prune'], ['POST', '/volumes/prune'],
  ['POST', '/networks/prune'], ['POST', '/images/prune'], ['DELETE', '/images/debian'], ['POST', '/images/load'], ['POST', '/images/abc/push'], ['POST', '/swarm/init'], ['GET', '/secrets'], ['POST', '/session'],
  ['POST', '/plugins/pull'], ['POST', '/auth'], ['GET', '/'], ['PATCH', '/containers/abc'], ['POST', '/containers/abc/json'],
] as const;

test.each(REFUSED)('S07: the filter knows no %s %s, with a version in front or without', (method, path) => {
  expect(ruleFor(method, path)).toBeNull();
  expect(ruleFor(method, `/v1.41${path}`)).toBeNull();
});

test.each(['/containers/../images/json', '/containers//json', '/containers/%2e%2e/json', '/v1.41/../containers/json', '/containers/a%2fb/json', '/CONTAINERS/json', '/containers/-rf/json', '/v1/containers/json', '/containers/json/'])(
  'S07: a second spelling of a path is not a call: %s',
  (path) => expect(ruleFor('GET', path)).toBeNull(),
);

test('S07: of a container only files of volumes go out, and of sizes only its own', () => {
  expect(ruleFor('GET', '/v1.41/containers/abc/archive')).toEqual({ demand: 'own-files', subject: 'abc', template: '/v1.41/containers/{}/archive', query: ['path'] });
  expect(ruleFor('HEAD', '/containers/abc/archive')).toBeNull();
  expect(ruleFor('GET', '/system/df')).toMatchObject({ demand: 'own-sizes', query: [] });
});

test('S07: of a container its output can be listened to, and nothing goes in', () => {
  expect(ruleFor('POST', '/v1.41/containers/abc/attach')).toEqual({ demand: 'own-container', subject: 'abc', template: '/v1.41/containers/{}/attach', query: ['stream', 'stdout'] });
});

test('what goes on names the id that was checked, wherever the name stood', () => {
  expect(ruleFor('GET', '/v1.41/containers/containers/json')).toEqual({ demand: 'look-at-container', subject: 'containers', template: '/v1.41/containers/{}/json', query: [] });
  expect(ruleFor('DELETE', '/networks/n')).toEqual({ demand: 'own-network', subject: 'n', template: '/networks/{}', query: [] });
  expect(ruleFor('GET', '/images/registry.example.org/lab/notebook:2026.1/json')).toEqual({ demand: 'nothing', subject: 'registry.example.org/lab/notebook:2026.1', template: '/images/{}/json', query: [] });
  expect(ruleFor('GET', '/containers/json')).toEqual({ demand: 'own-query', subject: '', template: '/containers/json', query: ['all', 'filters', 'limit'] });
});
