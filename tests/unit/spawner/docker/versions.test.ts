import { factsOf, weakParts } from '../../../../spawner/docker/versions';

const facts = (engine: string | null, runc: string | null, authorizationPlugins = false) => ({ engine, runc, authorizationPlugins });
const SAFE = facts('28.2.2', '1.3.3');

describe('J24 S05: weak versions are named', () => {
  test.each([
    ['24.0.7', '1.1.7', ['CVE-2024-29018', 'CVE-2024-21626', 'CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['20.10.24+dfsg1', '1.1.5+ds1', ['CVE-2024-29018', 'CVE-2024-21626', 'CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['25.0.4', '1.1.12', ['CVE-2024-29018', 'CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['25.0.5', '1.2.7', ['CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
    ['26.1.4', '1.3.2', ['CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881']],
  ])('engine %s with runc %s', (engine, runc, wanted) => {
    expect(weakParts(facts(engine, runc)).join(' ').match(/CVE-\d+-\d+/g)).toEqual(wanted);
  });

  test.each([['23.0.11', '1.2.8'], ['25.0.5', '1.3.3'], ['26.0.0', '1.2.9'], ['28.2.2', '1.4.0']])('nothing is said of engine %s with runc %s', (engine, runc) => {
    expect(weakParts(facts(engine, runc))).toEqual([]);
  });

  test('an authorization plugin that can be passed by matters only where one decides', () => {
    expect(weakParts(facts('27.1.0', '1.3.3'))).toEqual([]);
    expect(weakParts(facts('27.1.0', '1.3.3', true)).join()).toContain('CVE-2024-41110');
    expect(weakParts({ ...SAFE, authorizationPlugins: true })).toEqual([]);
  });

  test('a version that nobody can read is not taken for a good one', () => {
    expect(weakParts(facts(null, 'devel'))).toEqual(['The version of Docker Engine is not known.', 'The version of runc is not known.']);
  });

  test('both are read from what the engine says', () => {
    const version = { Version: '28.2.2', Components: [{ Name: 'Engine', Version: '28.2.2' }, { Name: 'runc', Version: '1.3.3' }] };
    expect(factsOf(version, { Plugins: { Authorization: null } })).toEqual(SAFE);
    expect(factsOf({ Version: '18.9.1' }, {})).toEqual(facts('18.9.1', null));
  });
});
