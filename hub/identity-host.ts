import type { PasswordAuthenticator, PasswordHasher } from '../auth/authenticator';
import { verifyForeign } from '../auth/password/foreign';
import { createHasher } from '../auth/password/hasher';
import { AUTHENTICATORS } from '../auth/registry';
import type { Config } from './config';
import { customScopesOf } from './config/declared-problems';
import type { SessionId } from './domain/ids';
import { parseLoginName } from './domain/names';
import type { Clock, Logger } from './domain/runtime';
import { createVocabulary } from './domain/scopes/parse';
import { topicOfAction } from './domain/topics';
import type { Feed } from './services/feed';
import { createActors } from './services/actors';
import { administratorsOf, createAdmission } from './services/admission';
import { createAudit } from './services/audit';
import { createBootstrap } from './services/bootstrap';
import { createDeclared } from './services/declared-roles';
import { createLogin } from './services/login';
import { createPasswordRecords } from './services/passwords';
import { createServices } from './services/services';
import { createSessions } from './services/sessions';
import { createSitePass } from './services/site-pass';
import { createThrottle } from './services/throttle';
import { createTokens } from './services/tokens';
import type { Store } from './store/store';

interface Base {
  readonly feed: Feed;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Everything that says who somebody is, for this configuration. */
export function createIdentity(config: Config, base: Base) {
  const { store } = base;
  const rules = { minLength: config.password.minLength };
  const hasher = createHasher({ older: { verify: verifyForeign, sample: () => store.imports.olderPasswordHash() } });
  const vocabulary = createVocabulary(customScopesOf(config.customScopes));
  const audit = createAudit({ ...base, keepMs: config.audit.keep ?? 0, recorded: announce(base.feed) });
  const sessions = createSessions({ ...base, idleMs: config.session.idle, absoluteMs: config.session.absolute, reauthMs: config.session.reauth ?? 0 });
  const tokens = createTokens({ ...base, audit, onEnded: sessions.announceEnded, sessions, vocabulary, maxLifetimeSeconds: config.token.maxLifetime / 1000 });
  sessions.onEnded((credential) => tokens.sessionEnded(credential as SessionId));
  const services = createServices({ declared: config.services, stored: store.services });
  const actors = createActors({ store, sessions, tokens, services, vocabulary });
  const sitePass = createSitePass(base);
  const throttle = createThrottle(base);
  const groups = createDeclared({ store, audit, groups: config.groups, roles: config.roles });
  groups.apply();
  const login = createLogin({ ...base, audit, authenticator: createAuthenticator(config, hasher, store), admit: createAdmission({ ...base, audit, actors, groups }), sessions, throttle });
  const bootstrap = createBootstrap({ ...base, audit, hasher, sessions, actors, groups, adminName: config.admin.name, rules });
  return { audit, hasher, vocabulary, services, sessions, sitePass, tokens, actors, throttle, groups, login, bootstrap };
}

/** What is written down has changed something that a page may show. */
const announce = (feed: Feed) => (action: string): void => {
  feed.publish('audit');
  const topic = topicOfAction(action);
  if (topic === 'maintenance') feed.publishToAll(topic);
  else if (topic !== undefined) feed.publish(topic);
};

function createAuthenticator(config: Config, hasher: PasswordHasher, store: Store): PasswordAuthenticator {
  const own = AUTHENTICATORS.password({ hasher, ...createPasswordRecords(store) });
  if (config.authenticator === 'password') return own;
  const administrators = [config.admin.name, ...config.roles.flatMap(({ name, users = [] }) => (name === 'admin' ? users : []))];
  return AUTHENTICATORS.dummy({ password: config.dummy.password ?? '', parseName: parseLoginName, needsOwn: administratorsOf(store, administrators), own });
}

/** With one password for everybody an account is made by signing in, and a password of its own would open nothing. */
export const signUpOf = ({ authenticator, signup }: Config): Config['signup'] => (authenticator === 'dummy' ? 'closed' : signup);
