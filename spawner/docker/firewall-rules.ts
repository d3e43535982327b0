import { BRIDGE_PREFIX, OPEN_BRIDGE_PREFIX } from './network';

/** Rules of one table as `iptables -S` prints them. Pure: what should be there, and whether what is there has that effect. */
export type Family = 'iptables' | 'ip6tables';

export interface Jump {
  readonly from: string;
  readonly rule: string;
}

/** Shared by every hub on a host: they all mean the same interfaces. */
export const TO_HOST = 'BERTH-INPUT';
export const THROUGH_HOST = 'BERTH-FORWARD';
export const OUTBOUND = 'BERTH-OUTBOUND';
export const CHAINS = [TO_HOST, THROUGH_HOST, OUTBOUND] as const;

const CLOSED = `${BRIDGE_PREFIX}+`;
const OPEN = `${OPEN_BRIDGE_PREFIX}+`;
const ANSWERS = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
const DOCKER_USER = 'DOCKER-USER';
const INTO_DOCKER_USER = `-j ${DOCKER_USER}`;

/**
 * What a lab with open outbound must not reach all the same: this-network, private, shared (CGNAT), loopback, link-local with the metadata
 * service in it, the metadata service of Azure, protocol assignments, benchmarking, multicast, reserved and broadcast.
 */
const NEVER = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16',
  '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4',
] as const;

/** Only at an address of the very bridge it came in by: the hub's address on a neighbour's network stays closed. */
const portRule = (port: number): string => `-p tcp -m addrtype --dst-type LOCAL --limit-iface-in -m tcp --dport ${port} -j ACCEPT`;
const PORT_RULE = /^-p tcp -m addrtype --dst-type LOCAL --limit-iface-in -m tcp --dport (\d{1,5}) -j ACCEPT$/;

const OUTBOUND_RULES: readonly string[] = [
  `-o ${OPEN} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`,
  `-o ${OPEN} -j DROP`,
  ...NEVER.map((range) => `-d ${range} -j DROP`),
];

/** What is in a chain now, without its name. */
export const rulesOf = (rules: readonly string[], chain: string): readonly string[] => rules.filter((r) => r.startsWith(`-A ${chain} `)).map((r) => r.slice(`-A ${chain} `.length));

/** How each chain should be. Ports that another hub on this host opened for its labs are kept: every hub has a port of its own. */
export function wantedChains(family: Family, rules: readonly string[], port: number | null): readonly (readonly [chain: string, wanted: readonly string[]])[] {
  // The networks of labs have no IPv6, so nothing is theirs to reach there.
  if (family === 'ip6tables') return [[TO_HOST, [ANSWERS, '-j DROP']], [THROUGH_HOST, ['-j DROP']]];
  const open = rulesOf(rules, TO_HOST).filter((rule, i, all) => PORT_RULE.test(rule) && all.indexOf(rule) === i);
  const ours = port === null ? [] : [portRule(port)].filter((rule) => !open.includes(rule));
  return [[TO_HOST, [ANSWERS, ...open, ...ours, '-j DROP']], [THROUGH_HOST, ['-j DROP']], [OUTBOUND, OUTBOUND_RULES]];
}

/** From where each chain is entered. Docker keeps DOCKER-USER for others and never flushes it; where FORWARD does not go there first, FORWARD itself. */
export function jumps(family: Family, rules: readonly string[]): readonly Jump[] {
  const forward = passesDockerUser(rules) ? DOCKER_USER : 'FORWARD';
  return [...inputJumps, ...forwardJumps(family).map((rule) => ({ from: forward, rule }))];
}

/** Every place in which a jump of ours may have been left, by this version or while Docker's chains were away. */
export function everyJump(rules: readonly string[]): readonly Jump[] {
  return [...new Set(['INPUT', 'FORWARD', DOCKER_USER])].flatMap((from) => rulesOf(rules, from).filter(isOurs).map((rule) => ({ from, rule })));
}

const inputJumps: readonly Jump[] = [CLOSED, OPEN].map((name) => ({ from: 'INPUT', rule: `-i ${name} -j ${TO_HOST}` }));

/** What arrives for a closed network is dropped whoever sends it, so those come last and end up on top. */
function forwardJumps(family: Family): readonly string[] {
  const outbound = family === 'iptables' ? OUTBOUND : THROUGH_HOST;
  return [`-i ${OPEN} -j ${outbound}`, `-o ${OPEN} -j ${outbound}`, `-i ${CLOSED} -j ${THROUGH_HOST}`, `-o ${CLOSED} -j ${THROUGH_HOST}`];
}

/** All chains as wanted, every packet of a lab led into them, and nothing before that accepts it. */
export function effective(family: Family, rules: readonly string[], port: number | null): boolean {
  const chains = wantedChains(family, rules, port).every(([chain, wanted]) => rules.includes(`-N ${chain}`) && same(rulesOf(rules, chain), wanted));
  const input = inputJumps.every(({ from, rule }) => reached(rules, from, rule));
  // One that was put into FORWARD while Docker's chain was away still works when that is back.
  const forward = forwardJumps(family).every((rule) => reached(rules, 'FORWARD', rule) || (passesDockerUser(rules) && reached(rules, DOCKER_USER, rule)));
  return chains && input && forward;
}

/** A flush of FORWARD leaves DOCKER-USER in place, with our jumps in it, and nothing that leads there. */
const passesDockerUser = (rules: readonly string[]): boolean => rules.includes(`-N ${DOCKER_USER}`) && reached(rules, 'FORWARD', INTO_DOCKER_USER);

function reached(rules: readonly string[], from: string, rule: string): boolean {
  const chain = rulesOf(rules, from);
  const at = chain.indexOf(rule);
  return at >= 0 && chain.slice(0, at).every((earlier) => isOurs(earlier) || !mayAccept(earlier) || otherInterface(earlier));
}

const isOurs = (rule: string): boolean => CHAINS.some((chain) => new RegExp(`^-[io] (?:${BRIDGE_PREFIX}|${OPEN_BRIDGE_PREFIX})\\+ -j ${chain}$`).test(rule));

/** Whatever else is jumped to may accept: a chain of somebody's firewall, which nobody reads here. RETURN ends the chain before us. */
const mayAccept = (rule: string): boolean => /-[jg] (?!(?:DROP|REJECT|LOG|NFLOG|MARK|CONNMARK)\b)/.test(rule);

/** A rule for a named interface that is not one of ours says nothing about labs. */
function otherInterface(rule: string): boolean {
  const match = /(?:^|\s)(!\s+)?-i (\S+)/.exec(rule);
  const name = match?.[2];
  return name !== undefined && match?.[1] === undefined && name !== '+' && !mayMatchOurs(name);
}

const mayMatchOurs = (name: string): boolean => [BRIDGE_PREFIX, OPEN_BRIDGE_PREFIX].some((prefix) => name.startsWith(prefix) || (name.endsWith('+') && prefix.startsWith(name.slice(0, -1))));

export const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((rule, i) => rule === b[i]);
