import type { Run } from '../../../../spawner/docker/firewall';
import { createFirewall } from '../../../../spawner/docker/firewall';
import { effective } from '../../../../spawner/docker/firewall-rules';

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
    if (verb === '-A') rules.push(`-A ${chain} ${rest.join(' ')}`);
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

const HOST = ['-P INPUT ACCEPT', '-P FORWARD DROP', '-N DOCKER-USER', '-A INPUT -i lo -j ACCEPT', '-A INPUT -p tcp --dport 22 -j ACCEPT', '-A FORWARD -j DOCKER-USER', '-A FORWARD -o docker0 -j DOCKER', '-A DOCKER-USER -j RETURN'];
const ANSWERS = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
const PORT = (port: number): string => `-p tcp -m addrtype --dst-type LOCAL --limit-iface-in -m tcp --dport ${port} -j ACCEPT`;
const make = (t: ReturnType<typeof tables>, internalPort: number | null = 8081) => createFirewall({ internalPort, run: t.run, uid: 0, hasIpv6: async () => true });
const inChain = (t: ReturnType<typeof tables>, chain: string, family = 'iptables'): string[] => t.rules(family).filter((r) => r.startsWith(`-A ${chain} `)).map((r) => r.slice(`-A ${chain} `.length));

test('J07: rules are put before what accepts, for IPv4 and IPv6, and a second time changes nothing', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  expect(await firewall.check()).toMatchObject({ ok: false });
  expect(await firewall.ensure()).toMatchObject({ ok: true, repaired: true });
  expect(inChain(t, 'INPUT').slice(0, 2).sort()).toEqual(['-i nb+ -j BERTH-INPUT', '-i nx+ -j BERTH-INPUT']);
  expect(inChain(t, 'DOCKER-USER')).toEqual(['-o nb+ -j BERTH-FORWARD', '-i nb+ -j BERTH-FORWARD', '-o nx+ -j BERTH-OUTBOUND', '-i nx+ -j BERTH-OUTBOUND', '-j RETURN']);
  const before = t.calls.length;
  expect(await firewall.ensure()).toMatchObject({ ok: true, repaired: false });
  expect(t.calls.length).toBe(before);
});

test('J22: over IPv6 a lab reaches nothing at all, whatever its network may over IPv4', async () => {
  const t = tables(HOST);
  await make(t).ensure();
  expect(inChain(t, 'BERTH-INPUT', 'ip6tables')).toEqual([ANSWERS, '-j DROP']);
  expect(inChain(t, 'BERTH-FORWARD', 'ip6tables')).toEqual(['-j DROP']);
  expect(inChain(t, 'FORWARD', 'ip6tables')).toEqual(['-o nb+ -j BERTH-FORWARD', '-i nb+ -j BERTH-FORWARD', '-o nx+ -j BERTH-FORWARD', '-i nx+ -j BERTH-FORWARD']);
});

test('J03: of the host, the internal port of every hub stays open, at the address of the lab\'s own bridge only', async () => {
  const t = tables(HOST);
  await make(t, 8081).ensure();
  await make(t, 9081).ensure();
  expect(inChain(t, 'BERTH-INPUT')).toEqual([ANSWERS, PORT(8081), PORT(9081), '-j DROP']);
  // Each finds its own among them, and neither undoes the other.
  expect([await make(t, 8081).check(), await make(t, 9081).check()]).toMatchObject([{ ok: true }, { ok: true }]);
  expect(await make(t, 7081).check()).toMatchObject({ ok: false });
  expect(await make(t, null).check()).toMatchObject({ ok: true });
  for (const wider of ['-p tcp -m tcp --dport 8081 -j ACCEPT', '-p tcp -m tcp --dport 1:65535 -j ACCEPT', '-j ACCEPT']) {
    await t.run('iptables', ['-w', '5', '-I', 'BERTH-INPUT', '2', ...wider.split(' ')]);
    expect(await make(t, 8081).check()).toMatchObject({ ok: false });
    await make(t, 8081).ensure();
    expect(inChain(t, 'BERTH-INPUT')).toEqual([ANSWERS, PORT(8081), PORT(9081), '-j DROP']);
  }
});

test('J05 J07: open outbound leaves out private, shared, link-local and metadata addresses, and everything that begins outside', async () => {
  const t = tables(HOST);
  await make(t).ensure();
  const rules = inChain(t, 'BERTH-OUTBOUND');
  expect(rules.slice(0, 2)).toEqual(['-o nx+ -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN', '-o nx+ -j DROP']);
  for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', '168.63.129.16/32', '127.0.0.0/8', '224.0.0.0/4']) expect(rules).toContain(`-d ${range} -j DROP`);
});

test('J23: a rule that got in front, a flushed chain and a missing jump are noticed and repaired', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  await firewall.ensure();
  const damages: (() => Promise<string>)[] = [
    () => t.run('iptables', ['-w', '5', '-I', 'INPUT', '1', '-p', 'tcp', '-j', 'ACCEPT']),
    () => t.run('iptables', ['-w', '5', '-I', 'INPUT', '1', '-i', 'n+', '-j', 'ACCEPT']),
    () => t.run('iptables', ['-w', '5', '-F', 'BERTH-INPUT']),
    () => t.run('iptables', ['-w', '5', '-F', 'BERTH-OUTBOUND']),
    () => t.run('ip6tables', ['-w', '5', '-D', 'INPUT', '-i', 'nb+', '-j', 'BERTH-INPUT']),
    () => t.run('ip6tables', ['-w', '5', '-D', 'INPUT', '-i', 'nx+', '-j', 'BERTH-INPUT']),
    () => t.run('iptables', ['-w', '5', '-I', 'BERTH-FORWARD', '1', '-j', 'ACCEPT']),
    () => t.run('iptables', ['-w', '5', '-I', 'INPUT', '1', '-j', 'LAN-INPUT']),
    () => t.run('iptables', ['-w', '5', '-I', 'DOCKER-USER', '1', '-g', 'LAN-FORWARD']),
    () => t.run('iptables', ['-w', '5', '-I', 'DOCKER-USER', '1', '-j', 'RETURN']),
  ];
  for (const damage of damages) {
    await damage();
    expect(await firewall.check()).toMatchObject({ ok: false });
    expect(await firewall.ensure()).toMatchObject({ ok: true, repaired: true });
  }
});

test('J23: a flush of FORWARD leaves DOCKER-USER where nothing leads to it: the rules move into FORWARD, and work on when Docker comes back', async () => {
  const t = tables(HOST);
  const firewall = make(t);
  await firewall.ensure();
  await t.run('iptables', ['-w', '5', '-F', 'FORWARD']);
  expect(inChain(t, 'DOCKER-USER')).toHaveLength(5);
  expect(await firewall.check()).toMatchObject({ ok: false });
  expect(await firewall.ensure()).toMatchObject({ ok: true });
  expect(inChain(t, 'FORWARD').slice(0, 2)).toEqual(['-o nb+ -j BERTH-FORWARD', '-i nb+ -j BERTH-FORWARD']);
  await t.run('iptables', ['-w', '5', '-I', 'FORWARD', '1', '-j', 'DOCKER-USER']);
  expect(await firewall.check()).toMatchObject({ ok: true });
  // Behind something that accepts, or for some packets only, it is as good as away.
  for (const [at, rule] of [['1', '-j LAN'], ['1', '-o docker0 -j ACCEPT']] as const) {
    const other = tables(HOST);
    await make(other).ensure();
    await other.run('iptables', ['-w', '5', '-I', 'FORWARD', at, ...rule.split(' ')]);
    expect(await make(other).check()).toMatchObject({ ok: false });
  }
  await firewall.remove();
  expect(t.rules().filter((r) => r.includes('BERTH'))).toEqual([]);
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
  expect(await createFirewall({ internalPort: null, run: tables(HOST).run, uid: 1000 }).ensure()).toMatchObject({ ok: false, detail: expect.stringContaining('root') });
  const missing: Run = async () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' }));
  expect(await createFirewall({ internalPort: null, run: missing, uid: 0, hasIpv6: async () => false }).ensure()).toMatchObject({ ok: false, detail: expect.stringContaining('iptables is not installed') });
});

test('an accepting rule for another interface does not count as one in front', async () => {
  const t = tables(HOST);
  await make(t).ensure();
  const ours = t.rules();
  expect(effective('iptables', ['-A INPUT -i lo -j ACCEPT', ...ours], 8081)).toBe(true);
  for (const front of ['-A INPUT ! -i lo -j ACCEPT', '-A INPUT -i nb+ -j ACCEPT', '-A INPUT -i nx1 -j ACCEPT', '-A INPUT -j ACCEPT', '-A INPUT -i + -j ACCEPT']) expect(effective('iptables', [front, ...ours], 8081)).toBe(false);
});

test('two hubs that write their rules at the same moment end with both ports open and both content', async () => {
  const t = tables(HOST);
  // Somebody else's turn comes between any two programs; and a rule that is gone already cannot be deleted.
  const run: Run = async (program, args) => {
    await new Promise((resolve) => setImmediate(resolve));
    const [verb, chain, ...rest] = args.slice(2);
    if (verb === '-N' && t.rules(program).includes(`-N ${chain}`)) throw new Error('Chain already exists.');
    if (verb === '-D' && !t.rules(program).some((rule) => (/^\d+$/.test(rest[0] ?? '') ? rule.startsWith(`-A ${chain} `) : rule === `-A ${chain} ${rest.join(' ')}`))) throw new Error('Bad rule (does a matching rule exist in that chain?).');
    return t.run(program, args);
  };
  const hubs = [8081, 9081].map((internalPort) => createFirewall({ internalPort, run, uid: 0, hasIpv6: async () => true }));
  expect(await Promise.all(hubs.map((hub) => hub.ensure()))).toMatchObject([{ ok: true }, { ok: true }]);
  expect(inChain(t, 'BERTH-INPUT').filter((rule) => rule.includes('--dport')).sort()).toEqual([PORT(8081), PORT(9081)]);
});

test('servers that start at once share a look that has not begun, and the next one gets a look of its own', async () => {
  const t = tables(HOST);
  await make(t).ensure();
  let lists = 0;
  const firewall = createFirewall({ internalPort: 8081, uid: 0, hasIpv6: async () => true, run: (program, args) => {
    if (program === 'iptables' && args.includes('-S')) lists += 1;
    return t.run(program, args);
  } });
  const first = [firewall.ensure(), firewall.ensure(), firewall.ensure()];
  expect(await Promise.all(first)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  expect(lists).toBe(1);
  const begun = firewall.ensure();
  await Promise.resolve();
  await Promise.resolve();
  // It may have read the rules before this server's network was made.
  const later = [firewall.ensure(), firewall.ensure()];
  await Promise.all([begun, ...later]);
  expect(lists).toBe(3);
});
