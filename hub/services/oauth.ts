import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { strangerIn, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type SessionId, type TokenId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import { BUILT_IN } from '../domain/scopes/parse';
import type { Vocabulary } from '../domain/scopes/tree';
import { sameClient, type Token } from '../domain/session';
import type { OauthCode } from '../store/store';
import type { Recorder, Sessions } from './contract';
import { createOauthClients, type ClientsDeps, type OauthClient } from './oauth-clients';
import type { Oauth, OauthAnswer, OauthPlan, OauthRedemption, OauthRequest } from './oauth-contract';
import { covered, IDENTITY, requested } from './oauth-scopes';
import { hashOfSecret, newSecret, sameSecret } from './secrets';

export interface OauthDeps extends ClientsDeps {
  readonly clock: Clock;
  readonly audit: Pick<Recorder, 'record'>;
  readonly sessions: Pick<Sessions, 'byId'>;
  /** Told about a token that its code was used a second time for, or that made room for newer ones. */
  readonly discard: (token: TokenId) => void;
  /** A token lives this long, and never longer than the session it was given in. */
  readonly lifetimeSeconds: number;
  readonly vocabulary?: Vocabulary;
}

/** RFC 6749 asks for ten minutes at most; JupyterHub's clients come back within a second. */
const CODE_MS = 300_000;
const KNOWN_CODES = 20_000;
const LONGEST_CODE = 256;
/** Tokens of one client in one browser session: a browser uses the newest, and nobody shall fill the database by signing in again and again. */
const MOST_EACH = 10;
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const ONCE = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'code_challenge', 'code_challenge_method'] as const;

type Asked = Readonly<Record<(typeof ONCE)[number], string | undefined>>;

/** OAuth 2 for servers and services (protocol, 2.1 and 2.2): the authorisation code grant and nothing else. */
export function createOauth(deps: OauthDeps): Oauth {
  const { store, clock, vocabulary = BUILT_IN } = deps;
  const clients = createOauthClients(deps);
  /** Ends of codes on the clock that never jumps; the wall clock is asked too, and the earlier end counts (B13). */
  const ends = new LRUCache<string, number>({ max: KNOWN_CODES });
  store.oauth.keepServices(deps.services.list().map(({ name }) => name));

  const confirmed = (actor: Actor, client: OauthClient, scopes: readonly string[]): boolean => {
    if (client.trusted(actor)) return true;
    if (actor.kind !== 'user') return false;
    const now = clock.now();
    const given = store.tokens.listOf(actor.id).filter(({ oauth, expires }) => oauth !== undefined && sameClient(oauth.client, client.key) && (expires === null || expires > now));
    return given.length > 0 && covered(scopes, given.flatMap((token) => token.scopes), { actor, vocabulary });
  };

  const isOver = (hash: string, code: OauthCode): boolean => clock.now() >= code.expires || clock.monotonicMs() >= (ends.get(hash) ?? Infinity);

  const plan = (actor: Actor, query: URLSearchParams): OauthPlan => {
    const asked = readOnce(query);
    if (asked.client_id === undefined) throw new HubError('invalid-input', 'Missing client_id parameter.');
    const client = clients.forVisitor(actor, asked.client_id, asked.redirect_uri);
    const back = { redirect: client.redirect, state: asked.state };
    const problem = problemOf(asked);
    if (problem !== undefined) return { kind: 'refused', location: withQuery(back, problem) };
    const scopes = requested(asked.scope, { actor, access: client.access, allowed: client.allowed, vocabulary });
    if (scopes === undefined) return { kind: 'refused', location: withQuery(back, { error: 'invalid_scope' }) };
    const request: OauthRequest = { client: client.key, title: client.title, redirect: client.redirect, scopes, state: asked.state, challenge: asked.code_challenge ?? null, confirm: !confirmed(actor, client, scopes) };
    return { kind: 'understood', request };
  };

  const grant = (actor: Actor, session: SessionId, request: OauthRequest, granted: readonly string[]): string => {
    if (actor.kind !== 'user') throw new HubError('forbidden', 'Only users sign in to servers and services.');
    const secret = newSecret();
    const hash = hashOfSecret(secret);
    const scopes = request.scopes.filter((scope) => granted.includes(scope) || IDENTITY.includes(scope));
    const expires = new Date(clock.now().getTime() + CODE_MS);
    store.transaction(() => {
      store.oauth.prune(clock.now());
      store.oauth.add({ client: request.client, user: actor.id, session, redirect: request.redirect, scopes, challenge: request.challenge, expires, token: null }, hash);
      if (request.confirm) deps.audit.record(actor, 'oauth.consent', `client:${request.title}`, { detail: { scopes } });
    });
    ends.set(hash, clock.monotonicMs() + CODE_MS);
    return withQuery(request, { code: secret });
  };

  const redeem = (ask: OauthRedemption): OauthAnswer => {
    if (ask.grantType !== 'authorization_code') return wrong('unsupported_grant_type');
    const client = clients.authenticate(ask.clientId ?? '', ask.clientSecret ?? '', ask.through);
    if (client === undefined) return INVALID_CLIENT;
    if (ask.code === undefined) return wrong('invalid_request', 'Missing code parameter.');
    const hash = hashOfSecret(ask.code.slice(0, LONGEST_CODE));
    // Everything between look and mark is one transaction, so that of many that come at once one is the first (D13).
    const { answer, ended } = store.transaction(() => exchange(client, hash, ask));
    ended.forEach(deps.discard);
    return answer;
  };

  const exchange = (client: OauthClient, hash: string, ask: OauthRedemption): Exchanged => {
    const code = store.oauth.byHash(hash);
    if (code === undefined || !sameClient(code.client, client.key)) return refused(wrong('invalid_grant'));
    const visit = deps.sessions.byId(code.session);
    if (code.token !== null) {
      // Somebody else has this code too, and nobody knows who came first: what it gave is taken back.
      store.tokens.remove(code.token);
      deps.audit.record(ask.from === undefined ? 'hub' : strangerIn(ask.from), 'oauth.replay', `client:${client.title}`, { result: 'denied', detail: { token: code.token } });
      return { answer: wrong('invalid_grant'), ended: [code.token] };
    }
    if (visit === undefined || visit.user.id !== code.user || isOver(hash, code)) return refused(wrong('invalid_grant'));
    if (ask.redirectUri !== code.redirect) return refused(wrong('invalid_request', 'Mismatching redirect URI.'));
    const problem = verifierProblem(code.challenge, ask.verifier);
    if (problem !== undefined) return refused(problem);
    const ended = tooMany(code);
    return { answer: issue(client, code, hash), ended };
  };

  /** The oldest ones that the next token leaves no room for. */
  const tooMany = ({ user, session, client }: OauthCode): readonly TokenId[] => {
    const given = store.tokens.listOf(user).filter(({ oauth }) => oauth?.session === session && sameClient(oauth.client, client));
    const oldestFirst = given.sort((a, b) => a.created.getTime() - b.created.getTime());
    return oldestFirst.slice(0, Math.max(0, given.length + 1 - MOST_EACH)).map(({ id }) => id);
  };

  const issue = (client: OauthClient, code: OauthCode, hash: string): OauthAnswer => {
    const secret = newSecret();
    const now = clock.now();
    const expires = new Date(now.getTime() + deps.lifetimeSeconds * 1000);
    const token: Token = { id: newId<TokenId>(), owner: code.user, note: client.title, scopes: code.scopes, created: now, expires, lastUsed: null, oauth: { session: code.session, client: code.client } };
    store.tokens.create(token, hashOfSecret(secret));
    store.oauth.spend(hash, token.id);
    deps.audit.record('hub', 'oauth.token', `client:${client.title}`, { detail: { token: token.id, user: code.user, session: code.session, scopes: code.scopes } });
    return { status: 200, headers: NO_STORE, body: { access_token: secret, expires_in: deps.lifetimeSeconds, token_type: 'Bearer', scope: code.scopes.join(' ') } };
  };

  return { plan, grant, deny: (request) => withQuery(request, { error: 'access_denied' }), redeem };
}

interface Exchanged {
  readonly answer: OauthAnswer;
  readonly ended: readonly TokenId[];
}

const refused = (answer: OauthAnswer): Exchanged => ({ answer, ended: [] });

/** A parameter that came twice may have been read differently by whoever made the address. */
function readOnce(query: URLSearchParams): Asked {
  return Object.fromEntries(ONCE.map((name) => {
    const values = query.getAll(name);
    if (values.length > 1) throw new HubError('invalid-input', `Repeated ${name} parameter.`);
    return [name, values[0]];
  })) as Asked;
}

function problemOf(asked: Asked): Readonly<Record<string, string>> | undefined {
  const { response_type: type, code_challenge: challenge, code_challenge_method: method } = asked;
  if (type === undefined) return { error: 'invalid_request', error_description: 'Missing response_type parameter.' };
  if (type !== 'code') return { error: 'unsupported_response_type' };
  if (challenge === undefined) return method === undefined ? undefined : { error: 'invalid_request', error_description: 'Code challenge required.' };
  // `plain` would put the proof itself into the address that it is meant to protect.
  if (method !== 'S256') return { error: 'invalid_request', error_description: 'Transform algorithm not supported.' };
  return CHALLENGE.test(challenge) ? undefined : { error: 'invalid_request', error_description: 'Invalid code challenge.' };
}

/** A verifier without a challenge: somebody took the challenge out of the authorise request (RFC 9700, 4.8.2). */
function verifierProblem(challenge: string | null, verifier: string | undefined): OauthAnswer | undefined {
  if (challenge === null) return verifier === undefined ? undefined : wrong('invalid_grant');
  if (verifier === undefined) return wrong('invalid_request', 'Code verifier required.');
  const proof = createHash('sha256').update(verifier).digest('base64url');
  return VERIFIER.test(verifier) && sameSecret(proof, challenge) ? undefined : wrong('invalid_grant');
}

function withQuery(back: { readonly redirect: string; readonly state: string | undefined }, fields: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...fields, ...(back.state === undefined ? {} : { state: back.state }) });
  return `${back.redirect}${back.redirect.includes('?') ? '&' : '?'}${query}`;
}

const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const wrong = (error: string, description?: string): OauthAnswer => ({ status: 400, headers: NO_STORE, body: { error, ...(description === undefined ? {} : { error_description: description }) } });
const INVALID_CLIENT: OauthAnswer = { status: 401, headers: { ...NO_STORE, 'WWW-Authenticate': 'Bearer error="invalid_client"' }, body: { error: 'invalid_client' } };
