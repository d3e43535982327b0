import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { BRIDGE_PREFIX } from './network';

/** Runs one program and resolves with what it wrote; rejects on any other exit code than 0. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

export interface FirewallState {
  readonly ok: boolean;
  /** For an administrator: what holds, or what is missing and what to do. */
  readonly detail: string;
}

export interface Firewall {
  /** Puts the rules in place where they are missing or no longer effective. Never rejects. */
  ensure(): Promise<FirewallState>;
  /** Looks without touching. Never rejects. */
  check(): Promise<FirewallState>;
  /** Takes them away again; only when no lab network of any hub is left. */
  remove(): Promise<void>;
}

const WILDCARD = `${BRIDGE_PREFIX}+`;
/** Shared by every hub on a host: they all mean the same interfaces. */
const TO_HOST = 'BERTH-INPUT';
const THROUGH_HOST = 'BERTH-FORWARD';

const chainOf = { [TO_HOST]: ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-j DROP'], [THROUGH_HOST]: ['-j DROP'] } as const;

interface Jump {
  readonly from: string;
  readonly rule: readonly string[];
}

/**
 * A lab's bridge has an address on the host, so without rules a lab reaches every service of the host. These drop all that a lab begins:
 * towards the host (INPUT) and through it. Only our own chains and our own jumps are ever changed.
 */
export function createFirewall(opts: { readonly run?: Run; readonly uid?: number | undefined; readonly hasIpv6?: () => Promise<boolean> } = {}): Firewall {
  const run = opts.run ?? runProgram;
  const uid = opts.uid ?? process.getuid?.();
  const hasIpv6 = opts.hasIpv6 ?? ipv6OfHost;
  /** One at a time: rules are read, compared and written. */
  let last: Promise<unknown> = Promise.resolve();

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  }

  const families = async (): Promise<readonly string[]> => ((await hasIpv6()) ? ['iptables', 'ip6tables'] : ['iptables']);

  async function look(repair: boolean): Promise<FirewallState> {
    if (uid !== 0) return { ok: false, detail: 'The hub does not run as root, so it cannot keep labs away from this host. Run it as root, or apply the rules of docs/security.md yourself.' };
    try {
      for (const family of await families()) {
        const rules = await list(family);
        if (effective(rules)) continue;
        if (!repair) return { ok: false, detail: `The host's ${family} rules for labs are missing or overruled.` };
        await apply(family, rules);
        if (!effective(await list(family))) return { ok: false, detail: `The host's ${family} rules for labs do not stay in place.` };
      }
      return { ok: true, detail: `Labs are kept away from this host by the chains ${TO_HOST} and ${THROUGH_HOST}.` };
    } catch (err) {
      return { ok: false, detail: `The rules that keep labs away from this host cannot be applied: ${reason(err)}` };
    }
  }

  const list = async (family: string): Promise<readonly string[]> => (await run(family, ['-w', '5', '-S'])).split('\n').map((line) => line.trim());

  async function apply(family: string, rules: readonly string[]): Promise<void> {
    for (const [chain, wanted] of Object.entries(chainOf)) {
      if (!rules.includes(`-N ${chain}`)) await run(family, ['-w', '5', '-N', chain]);
      const present = rules.filter((r) => r.startsWith(`-A ${chain} `)).map((r) => r.slice(`-A ${chain} `.length));
      if (same(present, wanted)) continue;
      // First the drop, on top: there is no moment without it.
      await run(family, ['-w', '5', '-I', chain, '1', '-j', 'DROP']);
      for (let i = present.length; i > 0; i--) await run(family, ['-w', '5', '-D', chain, String(i + 1)]);
      for (const [i, rule] of wanted.slice(0, -1).entries()) await run(family, ['-w', '5', '-I', chain, String(i + 1), ...rule.split(' ')]);
    }
    for (const { from, rule } of jumps(rules)) {
      // Taken out and put on top, because something accepting may have got before it.
      for (const _again of rules.filter((r) => r === `-A ${from} ${rule.join(' ')}`)) await run(family, ['-w', '5', '-D', from, ...rule]);
      await run(family, ['-w', '5', '-I', from, '1', ...rule]);
    }
  }

  async function removeRules(): Promise<void> {
    if (uid !== 0) return;
    for (const family of await families()) {
      const rules = await list(family);
      for (const { from, rule } of jumps(rules)) for (const _again of rules.filter((r) => r === `-A ${from} ${rule.join(' ')}`)) await run(family, ['-w', '5', '-D', from, ...rule]);
      for (const chain of [TO_HOST, THROUGH_HOST].filter((c) => rules.includes(`-N ${c}`))) {
        await run(family, ['-w', '5', '-F', chain]);
        await run(family, ['-w', '5', '-X', chain]);
      }
    }
  }

  return { ensure: () => alone(() => look(true)), check: () => alone(() => look(false)), remove: () => alone(removeRules) };
}

/** Docker keeps DOCKER-USER for others and never flushes it; where it is missing, FORWARD itself. */
function jumps(rules: readonly string[]): readonly Jump[] {
  const forward = rules.includes('-N DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
  return [
    { from: 'INPUT', rule: ['-i', WILDCARD, '-j', TO_HOST] },
    { from: forward, rule: ['-i', WILDCARD, '-j', THROUGH_HOST] },
    { from: forward, rule: ['-o', WILDCARD, '-j', THROUGH_HOST] },
  ];
}

/** All chains as wanted, all jumps there, and nothing before them that accepts a lab's packets. */
export function effective(rules: readonly string[]): boolean {
  const chains = Object.entries(chainOf).every(([chain, wanted]) => same(rules.filter((r) => r.startsWith(`-A ${chain} `)).map((r) => r.slice(`-A ${chain} `.length)), wanted));
  return chains && jumps(rules).every(({ from, rule }) => reached(rules, from, rule.join(' ')));
}

function reached(rules: readonly string[], from: string, rule: string): boolean {
  const chain = rules.filter((r) => r.startsWith(`-A ${from} `)).map((r) => r.slice(`-A ${from} `.length));
  const at = chain.indexOf(rule);
  if (at < 0) return false;
  return chain.slice(0, at).every((earlier) => isOurs(earlier) || !mayAccept(earlier) || otherInterface(earlier));
}

const isOurs = (rule: string): boolean => rule.endsWith(`-j ${TO_HOST}`) || rule.endsWith(`-j ${THROUGH_HOST}`);

/** Whatever else is jumped to may accept: a chain of somebody's firewall, which nobody reads here. */
const mayAccept = (rule: string): boolean => /-[jg] (?!(?:DROP|REJECT|LOG|NFLOG|MARK|CONNMARK)\b)/.test(rule);

/** A rule for a named interface that is not one of ours says nothing about labs. */
function otherInterface(rule: string): boolean {
  const match = /(?:^|\s)(!\s+)?-i (\S+)/.exec(rule);
  const name = match?.[2];
  return name !== undefined && match?.[1] === undefined && !name.startsWith(BRIDGE_PREFIX) && name !== '+';
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((rule, i) => rule === b[i]);

const runProgram: Run = async (program, args) => (await promisify(execFile)(program, [...args], { timeout: 15_000, maxBuffer: 8 << 20 })).stdout;

/** A kernel without IPv6 has nothing to filter. */
const ipv6OfHost = (): Promise<boolean> => access('/proc/net/if_inet6').then(() => true, () => false);

function reason(err: unknown): string {
  const { code, stderr } = err as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'iptables is not installed.';
  return typeof stderr === 'string' && stderr.trim() !== '' ? stderr.trim().slice(0, 200) : 'iptables failed.';
}
