/** One address that a lab must not reach, or, where `wanted`, must. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** The row of the report that it belongs to. */
  readonly row: 'neighbours' | 'host' | 'outside' | 'hub';
  /** The sentence goes on: "A lab reaches …". */
  readonly is: string;
  /** A lab has to get through, or it cannot talk to the hub. */
  readonly wanted?: true;
  /** Its kernel is on the lab's own network and may say no; only a service that answers is too much. */
  readonly mayRefuse?: true;
}

/** What services of a host listen on: SSH, web, portmapper, engines, databases, hubs. */
export const COMMON_PORTS = [22, 80, 111, 443, 2375, 2376, 5432, 6379, 8000, 8080, 8081] as const;

export const METADATA: readonly Target[] = ['169.254.169.254', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254'].map((host) => ({ host, port: 80, row: 'outside', is: 'the metadata service' }));

export const INTERNET: readonly Target[] = [['1.1.1.1', 443], ['8.8.8.8', 53], ['2606:4700:4700::1111', 443]].map(([host, port]) => ({ host: String(host), port: Number(port), row: 'outside', is: 'the internet' }));

export interface HostAddresses {
  /** Every address of every interface, loopback left out. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** Its answer to a connection is its own to give; null: there is none. */
  readonly except: { readonly host: string; readonly port: number } | null;
  readonly is: string;
}

/** Link-local addresses belong to an interface: a lab tries them through its own. */
export const hostTargets = ({ addresses, ports, except, is }: HostAddresses): readonly Target[] =>
  [...new Set(addresses)].flatMap((address) =>
    ports
      .filter((port) => except === null || address !== except.host || port !== except.port)
      .map((port) => ({ host: address.startsWith('fe80:') ? `${address}%eth0` : address, port, row: 'host', is }) as const),
  );
