import { connect } from 'node:net';
import type { LimitFacts } from './api-version';

/** What the engine says of itself, as far as it explains why addresses cannot be dialled. */
export interface EngineInfo extends LimitFacts {
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly Plugins?: { readonly Authorization?: readonly string[] | null } | null;
  readonly ServerVersion?: string;
}

/** Whether something accepts a connection there, tried again until `ms` are over. */
export async function reachable(host: string, port: number, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  for (;;) {
    if (await accepts(host, port)) return true;
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

/** Why a container's address cannot be dialled from here, and what to do about it. */
export function whyUnreachable(info: EngineInfo, local: boolean): string {
  const rest = 'Run the hub on the machine whose Docker Engine it uses (Linux, rootful).';
  if (!local) return `Docker runs on another machine, and the addresses of its containers exist only there. ${rest}`;
  if (/Docker Desktop/i.test(info.OperatingSystem ?? '')) return `Docker Desktop keeps containers in a virtual machine, so their addresses cannot be reached from here. ${rest}`;
  if ((info.SecurityOptions ?? []).some((o) => o.includes('rootless'))) return `Docker runs rootless, so the addresses of its containers exist only inside its own network. ${rest}`;
  return `A container was started, but its address cannot be reached from here. Look for a firewall on this host that blocks its own bridges, or run the hub on the host itself. ${rest}`;
}
