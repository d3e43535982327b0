import type { z } from 'zod';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { AccountChange, accountModel, AccountModel, changeOf, entryModel, LogModel, LogQuery } from './account-models';
import { userAt } from './users';

const PAGE = 50;

/** What belongs to an account beside the account itself: our own, not JupyterHub's. */
export function accountApiRoutes(kit: Kit): readonly HubRoute[] {
  const { accountInfo } = kit.deps.services;

  const show = (x: Exchange): Reply => json(200, accountModel(accountInfo.details(actorOf(x), userAt(kit, x, ['read:users', 'admin:users']))));
  const change = (x: Exchange, { body }: Given<typeof AccountChange>): Reply => {
    const owner = userAt(kit, x, ['read:users', 'admin:users']);
    return json(200, accountModel(accountInfo.change(actorOf(x), owner, changeOf(body()))));
  };
  const log = (x: Exchange, { query }: Given<z.ZodUndefined, typeof LogQuery>): Reply => {
    const owner = userAt(kit, x, ['read:users', 'admin:users']);
    const { kind, before, limit = PAGE } = query();
    const { entries, next } = accountInfo.log(actorOf(x), owner, { kind, before, limit });
    return json(200, { items: entries.map(entryModel), next });
  };

  const one = '/hub/api/users/:name';
  const needs = ['read:users', 'admin:users'] as const;
  return [
    operation({
      method: 'get', path: `${one}/account`, needs, handle: show,
      doc: { id: 'getAccount', tag: 'Users', summary: 'Show what a user says about themselves', description: 'Your own; those of others take `admin:users`.', answers: { 200: { description: 'The account.', model: AccountModel } } },
    }),
    operation({
      method: 'patch', path: `${one}/account`, needs, handle: change,
      doc: { id: 'changeAccount', tag: 'Users', summary: 'Change what a user says about themselves', description: 'Your own with a cookie, not with a token; those of others take `admin:users`.', body: AccountChange, answers: { 200: { description: 'The account as it is now.', model: AccountModel } } },
    }),
    operation({
      method: 'get', path: `${one}/activity-log`, needs, handle: log,
      doc: {
        id: 'getActivityLog', tag: 'Users', summary: 'List what a user did, and what was done to what is theirs', description: 'From the audit log, newest first. Your own; those of others are for administrators.', query: LogQuery,
        answers: { 200: { description: 'A page of it.', model: LogModel } },
      },
    }),
  ];
}
