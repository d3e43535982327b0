import { z } from 'zod';
import type { SessionId } from '../../domain/ids';
import type { Session } from '../../domain/session';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation } from '../operation';
import type { HubRoute } from '../routes';
import { readUserAgent } from '../user-agent';
import { named, Time } from './schemas';
import { userAt } from './users';

const SessionModel = named('Session', z.strictObject({
  id: z.string(), created: Time, last_seen: Time,
  address: z.string().describe('Where it was signed in from.'),
  browser: z.string().nullable().describe('null: it did not say.'),
  system: z.string().nullable().describe('null: it did not say.'),
  current: z.boolean().describe('The one that asks.'),
}).describe('A browser in which somebody is signed in.'));
const OWN = 'Your own with a cookie, not with a token; those of others take `admin:users`.';
const MANAGE = ['read:users', 'admin:users'] as const;

/** Where somebody is signed in (B03, B16). Our own, not JupyterHub's. */
export function sessionApiRoutes(kit: Kit): readonly HubRoute[] {
  const { sessions, accounts } = kit.deps.services;

  const list = (x: Exchange): Reply => json(200, { sessions: sessions.listOf(actorOf(x), userAt(kit, x, MANAGE).id).map((session) => sessionModel(x, session)) });

  const endAll = (x: Exchange): Reply => {
    accounts.endSessions(actorOf(x), userAt(kit, x, MANAGE).id);
    return empty(204);
  };

  const endOne = (x: Exchange): Reply => {
    accounts.endSession(actorOf(x), userAt(kit, x, MANAGE).id, x.params['session'] as SessionId);
    return empty(204);
  };

  const [all, one] = ['/hub/api/users/:name/sessions', '/hub/api/users/:name/sessions/:session'] as const;
  return [
    operation({
      method: 'get', path: all, needs: MANAGE, handle: list,
      doc: { id: 'listSessions', tag: 'Users', summary: 'List where a user is signed in', description: OWN, answers: { 200: { description: 'The sessions.', model: z.strictObject({ sessions: z.array(SessionModel) }) } } },
    }),
    operation({
      method: 'delete', path: all, needs: MANAGE, handle: endAll,
      doc: { id: 'endSessions', tag: 'Users', summary: 'Sign a user out everywhere', description: OWN, answers: { 204: 'They are signed in nowhere any more.' } },
    }),
    operation({
      method: 'delete', path: one, needs: MANAGE, handle: endOne,
      doc: { id: 'endSession', tag: 'Users', summary: 'Sign a user out in one browser', description: OWN, answers: { 204: 'It is over, and its connections are closed.' } },
    }),
  ];
}

function sessionModel(x: Exchange, { id, created, lastSeen, address, userAgent }: Session): object {
  const { browser, system } = readUserAgent(userAgent);
  return { id, created: timestamp(created), last_seen: timestamp(lastSeen), address, browser: browser ?? null, system: system ?? null, current: id === x.caller.session?.id };
}
