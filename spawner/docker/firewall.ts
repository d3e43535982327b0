import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { aloneOnHost } from './alone-on-host';
import type { Family } from './firewall-rules';
import { CHAINS, effective, everyJump, jumps, rulesOf, same, wantedChains } from './firewall-rules';

/** Runs one program and resolves with what it wrote; rejects on any other exit code than 0. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

export interface FirewallState {
  readonly ok: boolean;
  /** For an administrator: what holds, or what is missing and what to do. */
  readonly detail: string;
  /** Something was missing or overruled, and is put right now. */
  readonly repaired: boolean;
}

export interface FirewallOptions {
  /** Port of the hub that labs may reach at their own network's address of this host; null: none. */
  readonly internalPort: number | null;
  readonly run?: Run;
  readonly uid?: number | undefined;
  readonly hasIpv6?: () => Promise<boolean>;
}

export interface Firewall {
  /** Puts the rules in place where they are missing or no longer effective. Never rejects. */
  ensure(): Promise<FirewallState>;
  /** Looks without touching. Never rejects. */
  check(): Promise<FirewallState>;
  /** Takes them away again; only when no lab network of any hub is left. */
  remove(): Promise<void>;
}

const LOOKS = 4;
const BETWEEN_LOOKS_MS = 75;

/**
 * A lab's bridge has an address on the host, so without rules a lab reaches every service of the host. These drop all that a lab begins:
 * towards the host (INPUT), but for the hub's internal port, and through it (FORWARD), but for the internet where a profile opens it. Only
 * our own chains and our own jumps are ever changed.
 */
export function createFirewall({ internalPort, run = runProgram, uid = process.getuid?.(), hasIpv6 = ipv6OfHost }: FirewallOptions): Firewall {
  /** One at a time: rules are read, compared and written. */
  let last: Promise<unknown> = Promise.resolve();

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  }

  const families = async (): Promise<readonly Family[]> => ((await hasIpv6()) ? ['iptables', 'ip6tables'] : ['iptables']);
  const list = async (family: Family): Promise<readonly string[]> => (await run(family, ['-w', '5', '-S'])).split('\n').map((line) => line.trim());
  const write = async (family: Family, ...args: readonly string[]): Promise<string> => run(family, ['-w', '5', ...args]);

  async function look(repair: boolean): Promise<FirewallState> {
    const failed = (detail: string): FirewallState => ({ ok: false, detail, repaired: false });
    if (uid !== 0) return failed('The hub does not run as root, so it cannot keep labs away from this host. Run it as root, or apply the rules of docs/security.md yourself.');
    let repaired = false;
    try {
      for (const family of await families()) {
        if (await holds(family)) continue;
        if (!repair) return failed(`The host's ${family} rules for labs are missing or overruled.`);
        if (!(await settle(family)) && !(await holds(family)) && !(await settle(family))) return failed(`The host's ${family} rules for labs do not stay in place.`);
        repaired = true;
      }
      return { ok: true, detail: `Labs are kept away from this host by the chains ${CHAINS.join(', ')}.`, repaired };
    } catch (err) {
      return failed(`The rules that keep labs away from this host cannot be applied: ${reason(err)}`);
    }
  }

  /** Whenever Docker makes a network it takes its own jump out of FORWARD and puts it back: what is missing now may be there in a moment. */
  async function holds(family: Family): Promise<boolean> {
    for (let look = 1; look < LOOKS; look += 1) {
      if (effective(family, await list(family), internalPort)) return true;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    }
    return effective(family, await list(family), internalPort);
  }

  /** Read again once it is our turn: another hub on this host may have written meanwhile, or taken its rules away while it ended. */
  const settle = (family: Family): Promise<boolean> =>
    aloneOnHost(async () => {
      const rules = await list(family);
      if (!effective(family, rules, internalPort)) await apply(family, rules);
      return effective(family, await list(family), internalPort);
    });

  async function apply(family: Family, rules: readonly string[]): Promise<void> {
    for (const [chain, wanted] of wantedChains(family, rules, internalPort)) {
      if (!rules.includes(`-N ${chain}`)) await write(family, '-N', chain);
      const present = rulesOf(rules, chain);
      if (same(present, wanted)) continue;
      // First a drop, on top, and it goes last: there is no moment in which the chain lets something through.
      await write(family, '-I', chain, '1', '-j', 'DROP');
      for (let i = present.length; i > 0; i--) await write(family, '-D', chain, String(i + 1));
      for (const rule of wanted) await write(family, '-A', chain, ...rule.split(' '));
      await write(family, '-D', chain, '1');
    }
    for (const { from, rule } of jumps(family, rules)) {
      // Taken out and put on top, because something accepting may have got before it.
      for (const _again of rulesOf(rules, from).filter((r) => r === rule)) await write(family, '-D', from, ...rule.split(' '));
      await write(family, '-I', from, '1', ...rule.split(' '));
    }
  }

  async function removeRules(): Promise<void> {
    if (uid !== 0) return;
    for (const family of await families()) {
      const rules = await list(family);
      for (const { from, rule } of everyJump(rules)) await write(family, '-D', from, ...rule.split(' '));
      for (const chain of CHAINS.filter((c) => rules.includes(`-N ${c}`))) {
        await write(family, '-F', chain);
        await write(family, '-X', chain);
      }
    }
  }

  let coming: Promise<FirewallState> | null = null;
  /** Of servers that start at once, those that come before a look has begun share it: it sees what they made before. */
  const ensure = (): Promise<FirewallState> =>
    (coming ??= alone(() => {
      coming = null;
      return look(true);
    }));

  return { ensure, check: () => alone(() => look(false)), remove: () => alone(() => aloneOnHost(removeRules)) };
}

const runProgram: Run = async (program, args) => (await promisify(execFile)(program, [...args], { timeout: 15_000, maxBuffer: 8 << 20 })).stdout;

/** A kernel without IPv6 has nothing to filter. */
const ipv6OfHost = (): Promise<boolean> => access('/proc/net/if_inet6').then(() => true, () => false);

function reason(err: unknown): string {
  const { code, stderr } = err as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'iptables is not installed.';
  return typeof stderr === 'string' && stderr.trim() !== '' ? stderr.trim().slice(0, 200) : 'iptables failed.';
}
