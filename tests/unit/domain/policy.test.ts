import { effectivePolicy, governed, NO_POLICY, outdatedIn, policyChanges, startedWith, type Contribution, type EffectivePolicy, type GroupPolicy } from '../../../hub/domain/policy';
import { demandSound, isReservedVariable } from '../../../hub/domain/policy-rules';
import { HubError } from '../../../hub/domain/errors';

const GB = 1024 ** 3;
const policy = (change: Partial<GroupPolicy>): GroupPolicy => ({ ...NO_POLICY, ...change });
const limits = (change: Partial<GroupPolicy['limits']>, on = true): GroupPolicy => policy({ limits: { on, cpus: null, memory: null, servers: null, ...change } });
const idle = (idleLimit: number | null, maxAge: number | null = null, on = true): GroupPolicy => policy({ idle: { on, idleLimit, maxAge } });
const variables = (values: Record<string, string>, on = true): GroupPolicy => policy({ environment: { on, variables: values } });
const folder = (source: string, target: string, writable = false, on = true): GroupPolicy => policy({ mounts: { on, folders: [{ source, target, writable }] } });
const profiles = (allowed: readonly string[], on = true): GroupPolicy => policy({ profiles: { on, allowed } });

/** Groups `a`, `b`, … in order of priority. */
const of = (...policies: readonly GroupPolicy[]): EffectivePolicy => effectivePolicy(policies.map((one, i): Contribution => ({ group: 'abcdef'[i] ?? '', policy: one })), { profiles: ['default'], servers: 2 });
const [X, Y] = [folder('/srv/x', '/mnt/p'), folder('/srv/y', '/mnt/p')];

describe('the rules for what groups disagree about', () => {
  test.each<[string, EffectivePolicy, (policy: EffectivePolicy) => unknown, unknown]>([
    ['without groups there is what the hub gives everybody', of(), (p) => [p.profiles, p.servers, p.cpus, p.docker], [[{ value: 'default', from: [] }], { value: 2, from: [] }, { value: null, from: [] }, { value: false, from: [] }]],
    ['one group that grants Docker is enough, and all that do are named', of(policy({ docker: { on: true } }), NO_POLICY, policy({ docker: { on: true } })), (p) => p.docker, { value: true, from: ['a', 'c'] }],
    ['one group that opens the internet is enough', of(NO_POLICY, policy({ network: { on: true } })), (p) => p.outbound, { value: true, from: ['b'] }],
    ['profiles of all groups are added to those for everybody', of(profiles(['gpu']), profiles(['gpu', 'large'])), (p) => p.profiles, [{ value: 'default', from: [] }, { value: 'gpu', from: ['a', 'b'] }, { value: 'large', from: ['b'] }]],
    ['the largest limit counts, whatever the priority', of(limits({ memory: 4 * GB }), limits({ memory: 16 * GB })), (p) => p.memory, { value: 16 * GB, from: ['b'] }],
    ['no limit is the largest', of(limits({ cpus: 64 }), limits({ cpus: 0 })), (p) => p.cpus, { value: 0, from: ['b'] }],
    ['a group that says nothing of a limit does not count', of(limits({ cpus: 4 }), limits({ memory: GB })), (p) => p.cpus, { value: 4, from: ['a'] }],
    ['servers come from a group before the hub\'s setting, also where that is more', of(limits({ servers: 1 })), (p) => p.servers, { value: 1, from: ['a'] }],
    ['the longest idle limit counts', of(idle(60_000), idle(120_000)), (p) => p.idleLimit, { value: 120_000, from: ['b'] }],
    ['never is the longest', of(idle(0), idle(120_000, 5)), (p) => [p.idleLimit.value, p.maxAge.value], [0, 5]],
    ['of a variable the first group by priority counts', of(variables({ A: '1' }), variables({ A: '2', B: '3' })), (p) => p.environment, [{ value: { name: 'A', value: '1' }, from: ['a'] }, { value: { name: 'B', value: '3' }, from: ['b'] }]],
    ['of a place the first group\'s folder counts', of(X, Y), (p) => p.mounts, [{ value: { source: '/srv/x', target: '/mnt/p', writable: false }, from: ['a'] }]],
    ['the same folder in the same place is writable where either says so', of(X, folder('/srv/x', '/mnt/p', true)), (p) => p.mounts, [{ value: { source: '/srv/x', target: '/mnt/p', writable: true }, from: ['a', 'b'] }]],
    ['another folder that is writable does not make the first one so', of(X, folder('/srv/y', '/mnt/p', true)), (p) => p.mounts[0]?.value.writable, false],
    ['what is off grants nothing', of(profiles(['gpu'], false), limits({ cpus: 8 }, false), variables({ A: '1' }, false), folder('/srv/x', '/mnt/p', true, false), idle(1, 1, false)), (p) => p, of()],
  ])('%s', (_rule, effective, seen, expected) => {
    expect(seen(effective)).toEqual(expected);
  });

  test('what a group says comes before the profile, and 0 lifts its limit', () => {
    const profile = { limits: { cpus: 2, memoryBytes: 8 * GB, pids: 512 }, env: { A: 'profile', P: 'kept' }, outbound: 'none' as const };
    expect(governed(profile, of())).toEqual(profile);
    expect(governed(profile, of(limits({ cpus: 0, memory: 4 * GB }), variables({ A: 'group' }), policy({ network: { on: true } })))).toEqual({ limits: { cpus: null, memoryBytes: 4 * GB, pids: 512 }, env: { A: 'group', P: 'kept' }, outbound: 'open' });
    expect(governed({ ...profile, outbound: 'open' as const }, of()).outbound).toBe('open');
  });
});

describe('what a change does', () => {
  test.each<[string, EffectivePolicy, EffectivePolicy, readonly unknown[]]>([
    ['nothing', of(limits({ cpus: 2 })), of(NO_POLICY, limits({ cpus: 2 })), []],
    ['a profile and Docker are gained', of(), of(profiles(['gpu']), policy({ docker: { on: true } })), [{ kind: 'gains', what: 'profile', name: 'gpu' }, { kind: 'gains', what: 'docker', name: '' }]],
    ['less memory is lost, no limit is gained', of(limits({ cpus: 4, memory: 8 * GB })), of(limits({ cpus: 0, memory: GB })), [{ kind: 'gains', what: 'cpus', name: '', before: 4, after: 0 }, { kind: 'loses', what: 'memory', name: '', before: 8 * GB, after: GB }]],
    ['against the profile nobody can say', of(), of(idle(60_000)), [{ kind: 'changes', what: 'idleLimit', name: '', before: null, after: 60_000 }]],
    ['values of variables are not told', of(variables({ A: 'old', B: '1' })), of(variables({ A: 'new' })), [{ kind: 'changes', what: 'variable', name: 'A' }, { kind: 'loses', what: 'variable', name: 'B' }]],
    ['a mount that becomes writable is another one', of(X), of(folder('/srv/x', '/mnt/p', true)), [{ kind: 'changes', what: 'mount', name: '/mnt/p' }]],
  ])('%s', (_what, before, after, expected) => {
    expect(policyChanges(before, after)).toEqual(expected);
  });

  test('a running server is outdated in what is built into it, and in nothing else', () => {
    const started = startedWith(of(limits({ cpus: 2, servers: 1 }), variables({ A: '1' }), idle(5)));
    expect(outdatedIn(started, startedWith(of(limits({ cpus: 2, servers: 9 }), variables({ A: '1' }), idle(0), profiles(['gpu']))))).toEqual([]);
    expect(outdatedIn(started, startedWith(of(limits({ cpus: 3 }), X, policy({ network: { on: true }, docker: { on: true } }))))).toEqual(['limits', 'mounts', 'environment', 'network', 'docker']);
  });
});

describe('what a policy may say', () => {
  const rules = { profiles: ['default', 'gpu'], mounts: ['/srv/projects'] };
  const problem = (change: GroupPolicy): string => {
    try {
      demandSound(change, rules);
      return '';
    } catch (err) {
      return err instanceof HubError && err.code === 'invalid-input' ? err.message : `${String(err)}!`;
    }
  };

  test.each<[string, GroupPolicy]>([
    ['everything that is allowed', policy({ profiles: { on: true, allowed: ['gpu'] }, limits: { on: true, cpus: 0.5, memory: GB, servers: 0 }, mounts: { on: true, folders: [{ source: '/srv/projects/a', target: '/mnt/a', writable: true }] }, environment: { on: true, variables: { MY_KEY: 'a=b' } }, idle: { on: true, idleLimit: 0, maxAge: 1 } })],
    ['the allowed folder itself', folder('/srv/projects', '/data/projects')],
  ])('%s', (_what, change) => {
    expect(problem(change)).toBe('');
  });

  test.each<[string, GroupPolicy, string]>([
    ['an unknown profile', profiles(['tpu'], false), 'There is no profile tpu.'],
    ['a negative limit', limits({ cpus: -1 }), 'CPUs has to be'],
    ['half a server', limits({ servers: 1.5 }), 'whole'],
    ['hardly any memory', limits({ memory: 1000 }), 'at least 16 MB'],
    ['a variable of the hub', variables({ JUPYTERHUB_USER: 'root' }), 'JUPYTERHUB_USER is set by the hub itself'],
    ['a variable that is none', variables({ 'A B': '1' }), 'is not a name'],
    ['a mount at a place of the hub', folder('/srv/projects/a', '/mnt/shared/x'), 'the hub itself'],
    ['a mount over the system', folder('/srv/projects/a', '/etc/passwd'), 'below /mnt/ or /data/'],
    ['a mount at the root of mounts', folder('/srv/projects/a', '/mnt/'), 'below /mnt/ or /data/'],
    ['two folders in one place', policy({ mounts: { on: true, folders: [{ source: '/srv/projects/a', target: '/mnt/a', writable: false }, { source: '/srv/projects/b', target: '/mnt/a', writable: false }] } }), 'Two folders'],
  ])('refuses %s', (_what, change, message) => {
    expect(problem(change)).toContain(message);
  });

  test.each(['/', '/etc', '/etc/ssl', '/proc/1', '/var/run/docker.sock', '/run', '/var/lib/docker', '/root/x', '/usr/share', '/srv', '/home', '/srv/projects/../../etc', '/srv/projects/./a', '/srv/projects//a', '/srv/projectsX', 'srv/projects', '/srv/projects/a\n', '/opt/x'])('J20: a group never mounts %j', (source) => {
    expect(problem(folder(source, '/mnt/a'))).not.toBe('');
  });

  test('the variables that the hub sets are reserved', () => {
    for (const name of ['HOME', 'PYTHONPATH', 'JUPYTER_TOKEN', 'JUPYTERHUB_API_TOKEN', 'JPY_API_TOKEN', 'MEM_LIMIT', 'USER_ID']) expect(isReservedVariable(name)).toBe(true);
    for (const name of ['PATH', 'HOMER', 'AWS_REGION']) expect(isReservedVariable(name)).toBe(false);
  });
});
