import type { Run } from '../../../../spawner/docker/firewall';
import { createFirewall, effective } from '../../../../spawner/docker/firewall';

/** Enough of iptables to add, insert, delete and list rules in order. */
function tables(initial: readonly string[]): { readonly run: Run; readonly rules: (family?: string) => string[]; readonly calls: string[] } {
  const state = new Map<string, string[]>([['iptables', [...initial]], ['ip6tables', initial.filter((r) => !r.includes('DOCKER'))]]);
  const calls: string[] = [];
  const run: Run = async (program, args) => {
    const rules = state.get(program) ?? [];
    const [verb = '', chain = '', ...rest] = args.slice(2);
    if (verb !== '-S') calls.push(`${program} ${args.slice(2).join(' ')}`);
    const start = (): number => rules.findIndex((r) => r.startsWith(`-A ${chain} `));
    if (verb === '-S') return rules.join('\n');
    if (verb === '-N') rules.splice(rules.findLastIndex((r) => !r.startsWith('-A')) + 1, 0, `-N ${chain}`);
    if (verb === '-I') rules.splice((start() < 0 ? rules.length : start()) + Number(rest[0]) - 1, 0, `-A ${chain} ${rest.slice(1).join(' ')}`);
    if (verb === '-D' && /^\d+$/.test(rest[0] ?? '')) rules.splice(start() + Number(rest[0]) - 1, 1);
    else if (verb === '-D') rules.splice(rules.indexOf(`-A ${chain} ${rest.join(' ')}`), 1);
    if (verb === '-F') state.set(program, rules.filter((r) => !r.startsWith(`-A ${chain} `)));
    if (verb === '-X') state.set(program, rules.filter((r) => r !== `-N ${chain}`));
    return '';
  };
  return { run, calls, rules: (family = 'iptables') => state.get(family) ?? [] };
}

const HOST = ['-P INPUT ACCEPT', '-P FORWARD DROP', '-N DOCKER-USER', '-A INPUT -i lo -j ACCEPT', '-A INPUT -p tcp --dport 22 -j ACCEPT', '-A FORWARD -j DOCKER-USER', '-A DOCKER-USER -j RETURN'];
const make = (t: ReturnType<typeof tables>) => createFirewall({ run: t.run, uid: 0, hasIpv6: async () => true });

test('J07: rules are put before what accepts, for IPv4 and IPv6, and a second time changes nothing', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  expect(await firewall.check()).toMatchObject({ ok: false });
  expect(await firewall.ensure()).toMatchObject({ ok: true });
  expect(t.rules()).toEqual(expect.arrayContaining(['-A INPUT -i nb+ -j BERTH-INPUT', '-A DOCKER-USER -o nb+ -j BERTH-FORWARD', '-A BERTH-INPUT -j DROP']));
  expect(t.rules('ip6tables')).toEqual(expect.arrayContaining(['-A INPUT -i nb+ -j BERTH-INPUT', '-A FORWARD -i nb+ -j BERTH-FORWARD']));
  const before = t.calls.length;
  await firewall.ensure();
  expect(t.calls.length).toBe(before);
});

test('J23: a rule that got in front, a flushed chain and a missing jump are noticed and repaired', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  await firewall.ensure();
  const damages: (() => Promise<string>)[] = [
    () => t.run('iptables', ['-w', '5', '-I', 'INPUT', '1', '-p', 'tcp', '-j', 'ACCEPT']),
    () => t.run('iptables', ['-w', '5', '-F', 'BERTH-INPUT']),
    () => t.run('ip6tables', ['-w', '5', '-D', 'INPUT', '-i', 'nb+', '-j', 'BERTH-INPUT']),
    () => t.run('iptables', ['-w', '5', '-I', 'BERTH-FORWARD', '1', '-j', 'ACCEPT']),
    () => t.run('iptables', ['-w', '5', '-I', 'INPUT', '1', '-j', 'LAN-INPUT']),
    () => t.run('iptables', ['-w', '5', '-I', 'DOCKER-USER', '1', '-g', 'LAN-FORWARD']),
  ];
  for (const damage of damages) {
    await damage();
    expect(await firewall.check()).toMatchObject({ ok: false });
    expect(await firewall.ensure()).toMatchObject({ ok: true });
  }
});

test('rules of others are never touched, and all of ours go again', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  await firewall.ensure();
  await firewall.remove();
  expect(t.rules()).toEqual(HOST);
  expect(t.calls.filter((c) => / -[FX] /.test(c) && !c.includes('BERTH-'))).toEqual([]);
});

test('without root, or without iptables, it says so', async () => {
  expect(await createFirewall({ run: tables(HOST).run, uid: 1000 }).ensure()).toMatchObject({ ok: false, detail: expect.stringContaining('root') });
  const missing: Run = async () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' }));
  expect(await createFirewall({ run: missing, uid: 0, hasIpv6: async () => false }).ensure()).toMatchObject({ ok: false, detail: expect.stringContaining('iptables is not installed') });
});

test('an accepting rule for another interface does not count as one in front', () => {
  const ours = ['-N DOCKER-USER', '-A INPUT -i lo -j ACCEPT', '-A INPUT -i nb+ -j BERTH-INPUT', '-A DOCKER-USER -i nb+ -j BERTH-FORWARD', '-A DOCKER-USER -o nb+ -j BERTH-FORWARD', '-A BERTH-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-A BERTH-INPUT -j DROP', '-A BERTH-FORWARD -j DROP'];
  expect(effective(ours)).toBe(true);
  for (const front of ['-A INPUT ! -i lo -j ACCEPT', '-A INPUT -i nb+ -j ACCEPT', '-A INPUT -j ACCEPT', '-A INPUT -i + -j ACCEPT']) expect(effective([front, ...ours])).toBe(false);
});
