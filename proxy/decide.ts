import type { UserId, ServerId } from '../hub/domain/ids';
import type { ErrorCode } from '../hub/domain/errors';
import type { Sites } from '../hub/domain/sites';
import { canonicalPath, canonicalSegment } from './canonical-path';
import type { CanonicalPath } from './canonical-path';
import type { TrustedProxies } from './client-address';
import type { Authorise, ClientOrigin, Credential, Decision, Grant, Passage, ProxyLimits, RequestFacts } from './contract';
import type { CookieRules, RequestCookies } from './cookies';
import { NO_CREDENTIAL, cookieCredential, tokenOf } from './credential';
import { crossSiteRefusal, isSafeMethod, lacksXsrfToken } from './cross-site';
import { forwardedHeaders } from './headers';
import type { Hosts } from './hosts';
import { hasBody, inspect } from './request-guard';
import type { Inspection } from './request-guard';
import { isServiceRoute, type Route, type RouteTable, type ServerRoute, type ServiceRoute } from './route-table';
import { mayNameSecret } from './response-rules';

export interface DecideRules {
  readonly basePath: string;
  readonly hosts: Hosts;
  readonly acceptedOrigins: ReadonlySet<string>;
  /** Each user's servers have a host of their own; absent: everything lies on the hub's. */
  readonly sites?: Sites;
  /** Pages of other origins may show servers in a frame: which ones, the browser is told with the response. Default: false. */
  readonly framed?: boolean;
  readonly trusted: TrustedProxies;
  readonly cookies: CookieRules;
  readonly routes: RouteTable;
  readonly authorise: Authorise;
  readonly limits: Pick<ProxyLimits, 'maxHeaderLines' | 'maxTargetBytes'>;
  readonly blankSecret: boolean;
}

type OkPath = Extract<CanonicalPath, { kind: 'ok' }>;

/** Everything known about a request once it is understood. */
interface Understood {
  readonly facts: RequestFacts;
  readonly found: Inspection;
  readonly path: OkPath;
  readonly cookies: RequestCookies;
  /** Label of the user's site that is asked; null on the hub's own host. */
  readonly site: string | null;
}

const refuse = (code: ErrorCode, message: string, path: string | null = null): Decision => ({ kind: 'refuse', code, message, close: false, clearCookies: false, path });
const refuseAndClose = (code: ErrorCode, message: string): Decision => ({ kind: 'refuse', code, message, close: true, clearCookies: false, path: null });

/** One answer for a request, without side effects, shared by HTTP and upgrades: the two can never drift apart. */
export type Decide = (facts: RequestFacts) => Decision;

export function createDecide(rules: DecideRules): Decide {
  return (facts) => {
    const found = inspect(facts, rules.limits);
    if (found.kind === 'refusal') return refuseAndClose(found.code, found.message);
    const host = rules.hosts.check(found.host);
    if (host === 'malformed') return refuseAndClose('invalid-input', 'The request names no valid host.');
    if (host === 'foreign') return refuseAndClose('misdirected', 'The hub is not known by this host name.');
    const target = originForm(facts.target, found.host);
    if (target === null) return refuseAndClose('invalid-input', 'The address is not a path on this host.');
    const path = canonicalPath(target, rules.basePath);
    if (path.kind === 'bad') return refuseAndClose('invalid-input', path.reason);
    if (path.kind === 'moved') return movedTo(facts, path.location, path.below);
    if (path.kind === 'outside') return target === '/' && !facts.upgrade ? { kind: 'redirect', status: 302, location: rules.basePath } : refuse('not-found', 'There is nothing here.');
    const cookies = rules.cookies.read(found.cookies);
    if (cookies.duplicate) return { kind: 'refuse', code: 'invalid-input', message: 'The browser sent two sign-in cookies. Sign in again.', close: false, clearCookies: true, path: path.below };
    return decideRoute({ facts, found, path, cookies, site: rules.sites === undefined ? null : rules.hosts.siteOf(found.host) }, rules);
  };
}

/** Absolute form must name the host that `Host` names; what is decided and forwarded is its path (F10, F11). */
function originForm(target: string, host: string): string | null {
  if (target.charCodeAt(0) === 0x2f) return target;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target);
  if (authority === null || authority[1]?.toLowerCase() !== host.toLowerCase()) return null;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const movedTo = (facts: RequestFacts, location: string, below: string): Decision =>
  !facts.upgrade && (facts.method === 'GET' || facts.method === 'HEAD') ? { kind: 'redirect', status: 301, location } : refuse('not-found', 'There is nothing here.', below);

const ROUTED = /^\/(?:user|services)\//;
const KNOWN_FIRST = /^\/(hub|user|services|api|gateway)(?=\/|$)/i;

function decideRoute(asked: Understood, rules: DecideRules): Decision {
  const { facts, path } = asked;
  if (!ROUTED.test(path.below)) return notRouted(asked, rules);
  if (path.below.indexOf('/', path.below.indexOf('/', 1) + 1) === -1 && path.below.startsWith('/user/') && path.below.length > 6) return movedTo(facts, `${path.path}/${path.search}`, path.below);
  const route = rules.routes.match(path.path);
  if (route === undefined) return noServer(asked, rules);
  if (isServiceRoute(route)) return asked.site === null ? toService(asked, route, rules) : refuse('not-found', 'There is nothing here.', path.below);
  return liesHere(asked.site, route, rules) ? decideAccess(asked, route, rules) : noServer(asked, rules);
}

/** A service is asked by everybody and decides itself, as its visitors sign in there with a token that the hub gave for it. */
function toService(asked: Understood, route: ServiceRoute, rules: DecideRules): Decision {
  const { facts, found, path } = asked;
  if (path.path.length < route.prefix.length) return movedTo(facts, route.prefix + path.search, path.below);
  const grant: Passage = { user: null, userName: null, credential: '', ...(found.authorization === undefined ? {} : { authorization: found.authorization }) };
  return forward(asked, { route, grant, credential: NO_CREDENTIAL }, rules);
}

/** On a user's site there are this user's servers and nobody else's. */
const liesHere = (site: string | null, route: ServerRoute, rules: DecideRules): boolean => site === null || rules.sites?.labelOf(route.owner) === site;

/** The hub's application answers, with all that it knows: to whom a server is not open, it is as if there were none (D06). */
const toHub = (asked: Understood, rules: DecideRules): Decision => ({ kind: 'hub', path: asked.path.below, client: clientOf(asked, rules) });

/** The hub's own pages and APIs. A known first segment has one spelling, so that no framework below is asked to tell `/Hub` from `/hub` (G03). */
function notRouted(asked: Understood, rules: DecideRules): Decision {
  const { facts, path } = asked;
  if (facts.upgrade) return refuse('not-found', 'There is no WebSocket here.', path.below);
  const first = KNOWN_FIRST.exec(path.below)?.[1];
  if (first !== undefined && first !== first.toLowerCase()) return refuse('not-found', 'There is nothing here.', path.below);
  return toHub(asked, rules);
}

/** Nobody's route: asked about when there is none, so that the unknown get the same answer whether or not a server runs. */
const NOWHERE: ServerRoute = { prefix: '/user/', origin: 'http://192.0.2.1:9', owner: '' as UserId, server: '' as ServerId, upstream: { kind: 'singleuser' } };

function noServer(asked: Understood, rules: DecideRules): Decision {
  if (!asked.facts.upgrade && asked.path.below.startsWith('/services/')) return toHub(asked, rules);
  const proof = prove(asked, NOWHERE, rules);
  if (proof.kind === 'refused') return proof.decision;
  return proof.grant.kind === 'anonymous' ? anonymous(asked, rules) : notOpen(asked, proof.grant, rules);
}

/**
 * One answer for a server of somebody else, whether it runs, has stopped or never was (D06). Only its owner is told that it has
 * stopped. An upgrade cannot be answered by the hub's application.
 */
function notOpen(asked: Understood, grant: Grant, rules: DecideRules): Decision {
  if (!asked.facts.upgrade) return toHub(asked, rules);
  const own = grant.kind === 'forbidden' && grant.userName !== undefined && asked.path.below.split('/')[2] === encodeURIComponent(grant.userName);
  return own ? refuse('server-not-running', 'The server is not running.', asked.path.below) : refuse('not-found', 'There is no such server, or not one that you may use.', asked.path.below);
}

function decideAccess(asked: Understood, route: ServerRoute, rules: DecideRules): Decision {
  const { facts, path } = asked;
  const proof = prove(asked, route, rules);
  if (proof.kind === 'refused') return proof.decision;
  const { grant, credential } = proof;
  if (grant.kind === 'anonymous') return anonymous(asked, rules);
  if (grant.kind === 'forbidden') return notOpen(asked, { kind: 'forbidden' }, rules);
  if (credential.kind === 'cookie' && asked.site === null && rules.sites !== undefined) return elsewhere(asked, rules.sites.originOf(rules.sites.labelOf(route.owner)));
  if (path.path.length < route.prefix.length) return movedTo(facts, route.prefix + path.search, path.below);
  const other = secondSpelling(path, route, rules);
  if (other !== null) return movedTo(facts, other, path.below);
  if (credential.kind === 'cookie' && lacksXsrfToken(facts, asked.found, { route, xsrfCookie: asked.cookies.xsrf, search: path.search })) {
    return refuse('forbidden', 'The request lacks the _xsrf token of this server. Reload the page; programs use a token.', path.below);
  }
  return forward(asked, { route, grant, credential }, rules);
}

/** The hub's host shows nobody's server to a browser while each user has a site; programs with a token have no origin to keep apart. */
function elsewhere(asked: Understood, origin: string): Decision {
  const { facts, path } = asked;
  if (navigates(asked)) return { kind: 'redirect', status: 302, location: origin + path.path + path.search };
  return refuse('forbidden', facts.upgrade ? 'Servers have a host of their own here.' : 'Servers have a host of their own here. Open the page again; programs use a token.', path.below);
}

/** A person goes to a page, as far as the request tells. */
const navigates = ({ facts, found }: Understood): boolean =>
  facts.method === 'GET' && !facts.upgrade && (found.secFetchMode === undefined || found.secFetchMode === 'navigate') && found.accept.includes('text/html');

type Proof = { readonly kind: 'proved'; readonly grant: Grant; readonly credential: Credential } | { readonly kind: 'refused'; readonly decision: Decision };

/** A valid token wins over the cookie; an invalid one counts for nothing, and then the cookie's rules hold (F20). */
function prove(asked: Understood, route: ServerRoute, rules: DecideRules): Proof {
  const { facts, found, path } = asked;
  const token = tokenOf(found.authorization);
  if (token === 'malformed') return { kind: 'refused', decision: refuseAndClose('invalid-input', 'The Authorization header is not one token.') };
  if (token !== null) {
    const credential: Credential = { kind: 'token', value: token };
    const grant = rules.authorise(credential, route);
    if (grant.kind !== 'anonymous') return { kind: 'proved', grant, credential };
  }
  const credential = cookieCredential(asked.cookies.hub, asked.site);
  if (credential.kind === 'none') return { kind: 'proved', grant: ANONYMOUS, credential: NO_CREDENTIAL };
  const grant = rules.authorise(credential, route);
  if (grant.kind === 'anonymous') return { kind: 'proved', grant, credential };
  // Nothing of a server that is not open is answered, and the hub's application has its own rules for the rest.
  if (grant.kind === 'forbidden' && !facts.upgrade) return { kind: 'proved', grant, credential };
  const accepted = asked.site === null || rules.sites === undefined ? rules.acceptedOrigins : rules.sites.originsOf(asked.site);
  const foreign = crossSiteRefusal(facts, found, { origins: accepted, framed: rules.framed ?? false });
  if (foreign !== null) return { kind: 'refused', decision: refuse('forbidden', foreign, path.below) };
  return { kind: 'proved', grant, credential };
}

const ANONYMOUS: Grant = { kind: 'anonymous' };

function anonymous(asked: Understood, rules: DecideRules): Decision {
  const { path } = asked;
  if (navigates(asked)) {
    // The site's own way in begins with a cookie, which only the hub's application sets.
    if (asked.site !== null) return toHub(asked, rules);
    return { kind: 'redirect', status: 302, location: `${rules.basePath}hub/login?next=${encodeURIComponent(path.path + path.search)}` };
  }
  return refuse('forbidden', 'Sign in first.', path.below);
}

/** `/user/alice/%67pu/…` must not go to the default server when there is a named server `gpu` (G04). */
function secondSpelling(path: OkPath, route: Route, rules: DecideRules): string | null {
  const end = path.path.indexOf('/', route.prefix.length);
  const segment = path.path.slice(route.prefix.length, end === -1 ? path.path.length : end);
  if (!segment.includes('%')) return null;
  const canonical = canonicalSegment(segment);
  if (canonical === null || canonical === segment) return null;
  const moved = route.prefix + canonical + (end === -1 ? '' : path.path.slice(end));
  return rules.routes.match(moved) === route ? null : moved + path.search;
}

function forward(asked: Understood, to: { readonly route: Route; readonly grant: Passage; readonly credential: Credential }, rules: DecideRules): Decision {
  const { facts, found, path } = asked;
  const client = clientOf(asked, rules);
  const injected = to.route.upstream.kind === 'injected';
  const plainText = injected && rules.blankSecret && isSafeMethod(facts.method) && mayNameSecret(path.path, to.route.prefix);
  const headers = forwardedHeaders(facts, found, rules.cookies, { route: to.route, grant: to.grant, address: client.address, scheme: client.scheme, plainText });
  return {
    kind: 'forward',
    route: to.route,
    grant: to.grant,
    credential: to.credential,
    target: path.search === '' ? path.path : path.path + path.search,
    headers,
    hasBody: hasBody(found),
    client,
    needsXsrfCookie: injected && asked.cookies.xsrf === undefined && found.secFetchMode !== 'cors' && found.accept.includes('text/html') && facts.method === 'GET',
  };
}

/** Nothing a client says decides this: the socket, a trusted proxy's word, or the accepted origin that `Host` belongs to. */
function clientOf({ facts, found, site }: Understood, rules: DecideRules): ClientOrigin {
  const address = rules.trusted.clientAddress(facts.peer, found.forwardedFor);
  const scheme = schemeOf(facts, found, rules);
  return site === null ? { address, scheme } : { address, scheme, site };
}

function schemeOf(facts: RequestFacts, found: Inspection, rules: DecideRules): 'http' | 'https' {
  if (facts.encrypted) return 'https';
  if (found.forwardedProto !== '' && rules.trusted.trusts(facts.peer)) {
    const last = found.forwardedProto.slice(found.forwardedProto.lastIndexOf(',') + 1).trim().toLowerCase();
    if (last === 'http' || last === 'https') return last;
  }
  return rules.hosts.schemeOf(found.host) ?? 'http';
}
