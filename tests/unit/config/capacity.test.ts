import { capacityOf } from '../../../hub/capacity-settings';
import { parseConfig } from '../../../hub/config';

const from = (settings: object) => capacityOf(parseConfig({ spawner: 'fake', ...settings }, '/nowhere'));

test('without settings nothing but the cap limits, and everybody weighs the same', () => {
  const none = { servers: 0, memory: 0, cpus: 0 };
  expect(from({ groups: [{ name: 'plain' }] })).toEqual({ capacity: { hub: none, user: none, groups: new Map() }, weights: new Map() });
});

test('limits of the hub, of users and of groups, and the weights of groups, are what the configuration says', () => {
  const { capacity, weights } = from({
    capacity: { memory: '96G', cpus: 24, userServers: 2, userMemory: '16G', userCpus: 4 },
    groups: [{ name: 'course', limits: { servers: 10, memory: '40G' } }, { name: 'staff', weight: 4 }],
  });
  expect(capacity.hub).toMatchObject({ memory: 96 * 1024 ** 3, cpus: 24 });
  expect(capacity.user).toEqual({ servers: 2, memory: 16 * 1024 ** 3, cpus: 4 });
  expect([...capacity.groups]).toEqual([['course', { servers: 10, memory: 40 * 1024 ** 3, cpus: 0 }]]);
  expect([...weights]).toEqual([['staff', 4]]);
});

test.each([[{ weight: 0 }, 'weight'], [{ weight: 101 }, 'weight'], [{ limits: { memory: 'much' } }, 'limits.memory'], [{ limits: { disk: 1 } }, 'limits']])('N12: %j of a group is refused by name', (given, name) => {
  expect(() => from({ groups: [{ name: 'course', ...given }] })).toThrow(name);
});
