import type { Passage, RequestFacts } from './contract';
import type { CookieRules } from './cookies';
import { KIND, kindOf } from './header-kinds';
import { remembered } from './remembered';
import type { Inspection } from './request-guard';
import type { Route } from './route-table';

export interface Forwarding {
  readonly route: Route;
  readonly grant: Passage;
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** The response will be looked into, so it must come uncompressed. */
  readonly plainText: boolean;
}

const ORDINARY_CONNECTION = /^(?:keep-alive|close|upgrade|keep-alive, ?upgrade|upgrade, ?keep-alive)$/i;

/** Headers a client calls hop-by-hop by naming them in `Connection`; null in the ordinary case. */
function namedByConnection(connection: string): ReadonlySet<string> | null {
  if (connection === '' || ORDINARY_CONNECTION.test(connection)) return null;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/**
 * The header list for the upstream, built anew: what is not copied here does not exist there. What the hub sets comes last and
 * cannot be named away by `Connection` (F06); nothing a client says about its identity or address passes (E07, F07).
 */
export function forwardedHeaders(facts: RequestFacts, found: Inspection, cookies: CookieRules, to: Forwarding): string[] {
  const named = namedByConnection(found.connection);
  // Whoever signs visitors in by OAuth looks at the browser's session id, which is no credential.
  const keepSessionId = to.route.upstream.kind !== 'injected';
  const out: string[] = ['host', found.host];
  const raw = facts.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const kind = kindOf(name);
    if (isOurs(kind) || (kind === KIND.acceptEncoding && to.plainText) || (kind === KIND.contentLength && facts.upgrade)) continue;
    if (named !== null && named.has(name.toLowerCase())) continue;
    if (kind !== KIND.cookie) {
      out.push(name, raw[i + 1] as string);
      continue;
    }
    const kept = cookies.strip(raw[i + 1] as string, keepSessionId);
    if (kept !== '') out.push(name, kept);
  }
  addOwn(out, found, to);
  return out;
}

/** Never copied: the proxy's own connection, framing and credentials replace them. */
function isOurs(kind: number): boolean {
  switch (kind) {
    case KIND.drop:
    case KIND.host:
    case KIND.connection:
    case KIND.forwardedFor:
    case KIND.forwardedProto:
    case KIND.authorization:
    case KIND.transferEncoding:
    case KIND.expect:
    case KIND.upgrade:
      return true;
    default:
      return false;
  }
}

function addOwn(out: string[], found: Inspection, to: Forwarding): void {
  const { route, grant } = to;
  const authorization = route.upstream.kind === 'injected' ? route.upstream.authorization : grant.authorization;
  if (authorization !== undefined) out.push('authorization', authorization);
  out.push('x-forwarded-for', to.address, 'x-forwarded-proto', to.scheme, 'x-forwarded-host', found.host, 'x-forwarded-port', portOf(found.host, to.scheme));
  out.push('x-forwarded-prefix', route.prefix.slice(0, -1));
  if (grant.userName !== null) out.push('x-forwarded-user', headerSafe(grant.userName));
}

/** The port that a `Host` header names; the empty string when it names none. */
const namedPort = remembered((host) => {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(colon + 1) : '';
});

const portOf = (host: string, scheme: 'http' | 'https'): string => namedPort(host) || (scheme === 'https' ? '443' : '80');

/** Names may hold any letters; header values may not. */
const headerSafe = remembered((name) => (/^[\x21-\x7e]*$/.test(name) && !name.includes('%') ? name : encodeURIComponent(name)));
