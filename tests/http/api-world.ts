import type supertest from 'supertest';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser } from '../support/login';
import { startHub, type TestHub, type TestHubOptions } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type Ask = (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => supertest.Test;

export const PAGED = { Accept: 'application/jupyterhub-pagination+json' } as const;
/** What JupyterHub says for a target that somebody may not see, and for one that does not exist. */
export const HIDDEN = { status: 404, message: 'No access to resources or resources not found' } as const;
export const lacking = (...scopes: readonly string[]) => ({ status: 403, message: `Action is not authorized with current scopes; requires any of [${scopes.join(', ')}]` });
export const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/) as unknown;

export interface ApiWorld {
  readonly hub: TestHub;
  readonly boss: User;
  readonly alice: User;
  /** Asks below `/hub/api` with a fresh token of this user, which has these scopes. */
  as(user: User, scopes?: readonly string[]): Ask;
  named(name: string): User | undefined;
}

/** The running hub with an administrator and a user, and no group of its own: the protocol knows none. */
export async function startWorld(options: TestHubOptions = {}): Promise<ApiWorld> {
  const hub = await startHub({ ...options, settings: { builtInGroups: [], ...options.settings } });
  const boss = makeUser(hub, 'boss', { admin: true });
  const alice = makeUser(hub, 'alice');
  return {
    hub, boss, alice,
    as(user, scopes) {
      const Authorization = `token ${makeToken(hub, user, scopes)}`;
      return (method, path, body, headers = {}) => {
        const test = createBrowser(hub).raw(method, `hub/api${path}`, { Authorization, ...headers });
        return body === undefined ? test : test.set('Content-Type', 'application/json').send(typeof body === 'string' ? body : JSON.stringify(body));
      };
    },
    named: (name) => hub.store.users.byName(name as never),
  };
}

/** Status and body of an answer; an empty body is the empty string. */
export const seen = async (test: supertest.Test): Promise<readonly [number, unknown]> => {
  const res = await test;
  return [res.status, res.text === '' || res.text === undefined ? '' : res.body];
};

export const refused = (status: number, message: string): readonly [number, unknown] => [status, { status, message }];
