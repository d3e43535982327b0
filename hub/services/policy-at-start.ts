import { HubError } from '../domain/errors';
import type { EffectivePolicy } from '../domain/policy';
import type { ServerRecord } from '../domain/server';
import type { Lab } from './lab-request';
import type { ServersDeps } from './server-core';
import { auditTarget } from './server-target';

/**
 * What the owner's groups give to a server that is about to be made. Asked as late as possible: whoever was taken out of a group while the
 * start waited in line gets nothing of it any more. Notes what it is started with, and who gets the engine's socket. undefined: groups give
 * nothing here. Throws `forbidden` when its profile is not open to the owner any more.
 */
export function policyAtStart({ policies, audit }: Pick<ServersDeps, 'policies' | 'audit'>, record: ServerRecord, { owner, profile }: Lab): EffectivePolicy | undefined {
  if (policies === undefined) return undefined;
  policies.ensureBuiltIn();
  const policy = policies.of(owner.id);
  if (!policy.profiles.some(({ value }) => value === profile.slug)) throw new HubError('forbidden', 'This profile is not open to you any more. Start the server with another one.');
  policies.started(record.id, policy);
  if (policy.docker.value) audit.record('hub', 'server.docker', auditTarget(owner, record.name), { detail: { server: record.id, groups: policy.docker.from } });
  return policy;
}
