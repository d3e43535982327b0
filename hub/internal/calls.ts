import { serialise } from '../domain/scopes/serialise';
import type { Actor } from '../domain/access';
import type { ServerId } from '../domain/ids';
import type { ActivityReports, LabIdentity } from '../services/contract';
import type { Idleness } from '../services/idleness-contract';
import type { Oauth } from '../services/oauth-contract';
import { leaseAskOf, leaseModel } from '../wire/lease';
import { redemptionOf, type TokenRequest } from '../wire/oauth';
import { timestamp } from '../wire/timestamp';

/** What a lab may ask of the hub, beyond asking for its version. Every lab has those of `EVERY_LAB`; others are granted by its profile or a group. */
export type LabGrant = 'identity' | 'activity' | 'heartbeat' | 'lease';

export const EVERY_LAB: ReadonlySet<LabGrant> = new Set(['identity', 'activity', 'heartbeat', 'lease']);

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** undefined: no body. */
  readonly body?: unknown;
}

export interface LabCall {
  readonly lab: LabIdentity;
  /** undefined: there was none. */
  readonly json: unknown;
}

interface Place {
  readonly method: 'GET' | 'POST';
  /** Below the base path, as it stands in the request; `:self` is the name of the lab's owner, and nobody else's. */
  readonly path: string;
}

/**
 * One row of all that there is. `open`: anybody on a lab's network, without a credential. `client`: whoever knows the secret of this
 * server's OAuth client, which the call itself carries. Otherwise the lab's own token is asked for, and the lab must have the grant;
 * where there is `visitor`, the token of somebody who may use this server is an answer too.
 */
export type InternalCall =
  | (Place & { readonly grant: 'open'; readonly handle: () => Answer })
  | (Place & { readonly grant: 'client'; readonly handle: (request: TokenRequest, through: ServerId) => Answer })
  | (Place & { readonly grant: LabGrant; readonly handle: (call: LabCall) => Answer; readonly visitor?: (actor: Actor | undefined) => Answer | undefined });

export interface CallsDeps {
  readonly reports: ActivityReports;
  readonly idleness: Pick<Idleness, 'leaseFromLab'>;
  readonly oauth: Pick<Oauth, 'redeem'>;
  /** Version of JupyterHub's protocol that we speak. */
  readonly protocolVersion: string;
}

/** Read it as the list of what a lab reaches. */
export function internalCalls({ reports, idleness, oauth, protocolVersion }: CallsDeps): readonly InternalCall[] {
  const version = (): Answer => ({ status: 200, body: { version: protocolVersion } });
  return [
    { method: 'GET', path: 'hub/api', grant: 'open', handle: version },
    { method: 'GET', path: 'hub/api/', grant: 'open', handle: version },
    { method: 'GET', path: 'hub/api/user', grant: 'identity', handle: ({ lab }) => ({ status: 200, body: identityOf(lab) }), visitor: (actor) => actor && { status: 200, body: visitorOf(actor) } },
    { method: 'POST', path: 'hub/api/oauth2/token', grant: 'client', handle: (request, through) => oauth.redeem({ ...redemptionOf(request), through }) },
    {
      method: 'POST', path: 'hub/api/users/:self/activity', grant: 'activity',
      handle({ lab: { actor, owner, record }, json }) {
        reports.report(actor, owner, json, record.name);
        return { status: 200 };
      },
    },
    {
      method: 'POST', path: 'hub/api/users/:self/heartbeat', grant: 'heartbeat',
      handle({ lab: { actor, owner, record } }) {
        reports.heartbeat(actor, owner, record.name);
        return { status: 204 };
      },
    },
    {
      method: 'POST', path: 'hub/api/users/:self/lease', grant: 'lease',
      handle: ({ lab, json }) => ({ status: 201, body: leaseModel(idleness.leaseFromLab(lab, leaseAskOf(json))) }),
    },
  ];
}

/** What JupyterHub says to the token of a server (protocol, 1.2 and 2.3): a lab may know whose it is, and no more. */
const identityOf = ({ actor, owner }: LabIdentity): Readonly<Record<string, unknown>> => ({
  kind: 'user', name: owner.name, admin: actor.admin, groups: actor.groups, last_activity: timestamp(owner.lastActivity),
  token_id: actor.credential, session_id: null, scopes: serialise(actor.scopes),
});

/** The same about somebody who came to visit. */
const visitorOf = (actor: Actor): Readonly<Record<string, unknown>> => ({
  kind: actor.kind, name: actor.name, admin: actor.admin, ...(actor.kind === 'user' ? { groups: actor.groups } : {}),
  token_id: actor.credential, session_id: actor.sessionTag ?? null, scopes: serialise(actor.scopes),
});
