import { z } from 'zod';
import { NO_POLICY, SECTIONS, type EffectivePolicy, type Granted, type GroupPolicy } from '../../domain/policy';
import type { CountedChange, ExplainedPolicy, GroupEntry, GroupsImport, OutdatedServer, PolicyPreview } from '../../services/group-policies-contract';
import { named } from './schemas';

const SECOND = 1000;
const Names = z.array(z.string());
const Amount = z.number().nonnegative().nullable();
const on = z.boolean().describe('Off: it grants nothing and keeps what it says.');
const folder = { source: z.string().max(1024).describe('Path on the host.'), target: z.string().max(1024).describe('Path in the server, below /mnt/ or /data/.') };

/** What comes in: sections that are left out are off and empty. Made anew for each place, so that the description writes each of them out. */
const policyBody = () => z.strictObject({
  profiles: z.strictObject({ on, allowed: z.array(z.string().max(64)).max(200).default([]) }).optional(),
  limits: z.strictObject({ on, cpus: Amount.default(null), memory: Amount.default(null), servers: Amount.default(null) }).optional(),
  mounts: z.strictObject({ on, folders: z.array(z.strictObject({ ...folder, writable: z.boolean().default(false) })).max(100).default([]) }).optional(),
  environment: z.strictObject({ on, variables: z.record(z.string().max(512), z.string().max(8192)).default({}) }).optional(),
  idle: z.strictObject({ on, idle_limit: Amount.default(null).describe('Seconds.'), max_age: Amount.default(null).describe('Seconds.') }).optional(),
  network: z.strictObject({ on }).optional(),
  docker: z.strictObject({ on }).optional(),
}).describe('Replaces the policy. Amounts: null says nothing, 0 is no limit; memory in bytes.');
export const PolicyBody = policyBody();

export const PolicyModel = named('GroupPolicy', z.strictObject({
  profiles: z.strictObject({ on, allowed: Names }),
  limits: z.strictObject({ on, cpus: Amount, memory: Amount.describe('Bytes.'), servers: Amount }),
  mounts: z.strictObject({ on, folders: z.array(z.strictObject({ ...folder, writable: z.boolean() })) }),
  environment: z.strictObject({ on, variables: z.record(z.string(), z.string()) }),
  idle: z.strictObject({ on, idle_limit: Amount.describe('Seconds.'), max_age: Amount.describe('Seconds.') }),
  network: z.strictObject({ on }),
  docker: z.strictObject({ on }),
}).describe('What a group gives its members. Amounts: null says nothing, 0 is no limit.'));

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / SECOND);
const millis = (s: number | null): number | null => (s === null ? null : Math.round(s * SECOND));

export const policyOf = (body: z.output<typeof PolicyBody>): GroupPolicy => ({
  profiles: body.profiles ?? NO_POLICY.profiles,
  limits: body.limits ?? NO_POLICY.limits,
  mounts: body.mounts ?? NO_POLICY.mounts,
  environment: body.environment ?? NO_POLICY.environment,
  idle: body.idle === undefined ? NO_POLICY.idle : { on: body.idle.on, idleLimit: millis(body.idle.idle_limit), maxAge: millis(body.idle.max_age) },
  network: body.network ?? NO_POLICY.network,
  docker: body.docker ?? NO_POLICY.docker,
});

export const policyModel = ({ idle, ...policy }: GroupPolicy): z.output<typeof PolicyModel> =>
  ({ ...policy, profiles: { ...policy.profiles, allowed: [...policy.profiles.allowed] }, mounts: { ...policy.mounts, folders: [...policy.mounts.folders] }, idle: { on: idle.on, idle_limit: seconds(idle.idleLimit), max_age: seconds(idle.maxAge) } });

const Outdated = z.array(z.strictObject({ user: z.string(), server: z.string(), sections: z.array(z.enum(SECTIONS)).describe('In what it differs from what it would get now.') }));
export const OutdatedModel = named('OutdatedServers', Outdated.describe('Running servers that were started with an older policy: a new start gives them this one.'));
export const outdatedModel = (servers: readonly OutdatedServer[]): z.output<typeof OutdatedModel> => servers.map(({ owner, name, sections }) => ({ user: owner, server: name, sections: [...sections] }));

const Change = z.strictObject({
  kind: z.enum(['gains', 'loses', 'changes']), what: z.string().describe('profile, cpus, memory, servers, mount, variable, idle_limit, max_age, network or docker.'), name: z.string(),
  before: z.number().nullable().optional(), after: z.number().nullable().optional(), users: z.int(), names: Names.describe('The first ones.'),
});
export const PreviewModel = named('PolicyPreview', z.strictObject({
  members: z.int(), changes: z.array(Change), others: z.array(Change).describe('What becomes different for everybody else.'), restart: Outdated,
}).describe('What a policy would change, for whom, and which running servers would be on an older one.'));

const WORD: Readonly<Record<string, string>> = { idleLimit: 'idle_limit', maxAge: 'max_age' };
const changeModel = (change: CountedChange): z.output<typeof Change> => {
  const timed = change.what === 'idleLimit' || change.what === 'maxAge';
  const said = (value: number | null): number | null => (timed ? seconds(value) : value);
  return {
    kind: change.kind, what: WORD[change.what] ?? change.what, name: change.name, users: change.users, names: [...change.names],
    ...(change.before === undefined ? {} : { before: said(change.before) }), ...(change.after === undefined ? {} : { after: said(change.after) }),
  };
};
export const previewModel = ({ members, changes, others, restart }: PolicyPreview): z.output<typeof PreviewModel> => ({ members, changes: changes.map(changeModel), others: others.map(changeModel), restart: outdatedModel(restart) });

const granted = <T extends z.ZodType>(value: T) => z.strictObject({ value, from: Names.describe('Groups; none: the profile or the hub.') });
export const ExplainedModel = named('EffectivePolicy', z.strictObject({
  profiles: z.array(granted(z.string())), cpus: granted(Amount), memory: granted(Amount), servers: granted(z.number()),
  mounts: z.array(granted(z.strictObject({ source: z.string(), target: z.string(), writable: z.boolean() }))),
  environment: z.array(granted(z.strictObject({ name: z.string(), value: z.string().nullable().describe('null: not for you.') }))),
  idle_limit: granted(Amount), max_age: granted(Amount), network: granted(z.boolean()), docker: granted(z.boolean()), outdated: Outdated,
  ignored: z.array(z.enum(SECTIONS)).describe('What this hub\'s spawner cannot carry out.'),
}).describe('What somebody gets, and from which groups. null: what the profile says.'));

const copy = <T>({ value, from }: Granted<T>): { value: T; from: string[] } => ({ value, from: [...from] });
const timed = ({ value, from }: EffectivePolicy['idleLimit']): { value: number | null; from: string[] } => ({ value: seconds(value), from: [...from] });

export const explainedModel = ({ policy: p, values, outdated, ignored }: ExplainedPolicy): z.output<typeof ExplainedModel> => ({
  profiles: p.profiles.map(copy), cpus: copy(p.cpus), memory: copy(p.memory), servers: copy(p.servers), mounts: p.mounts.map(copy),
  environment: p.environment.map(({ value: { name, value }, from }) => ({ value: { name, value: values ? value : null }, from: [...from] })),
  idle_limit: timed(p.idleLimit), max_age: timed(p.maxAge), network: copy(p.outbound), docker: copy(p.docker), outdated: outdatedModel(outdated), ignored: [...ignored],
});

const entry = { name: z.string().max(512), properties: z.record(z.string().max(255), z.unknown()) };
/** One file for all groups; the order of its list is their priority. */
export const GroupsFile = z.strictObject({
  version: z.literal(1, { error: 'The version of the file has to be 1.' }),
  groups: z.array(z.strictObject({ name: entry.name, members: z.array(z.string().max(512)).optional().describe('All of them. Absent: as they are.'), properties: entry.properties.optional(), policy: policyBody().optional() })),
}).describe('Groups, the first one first. Groups that are not in it stay as they are.');
export const GroupsFileModel = named('GroupsFile', z.strictObject({ version: z.literal(1), groups: z.array(z.strictObject({ name: z.string(), members: Names, properties: entry.properties, policy: PolicyModel })) }).describe('All groups, the first one first.'));

export const entriesOf = ({ groups }: z.output<typeof GroupsFile>): readonly GroupEntry[] => groups.map(({ policy, ...rest }) => ({ ...rest, ...(policy === undefined ? {} : { policy: policyOf(policy) }) }));
export const fileModel = (groups: readonly GroupEntry[]): unknown => ({ version: 1, groups: groups.map(({ policy, ...rest }) => ({ ...rest, policy: policyModel(policy ?? NO_POLICY) })) });

export const ImportModel = named('GroupsImport', z.strictObject({
  applied: z.boolean().describe('false: it was only tried.'),
  groups: z.array(z.strictObject({ name: z.string(), what: z.enum(['created', 'changed', 'same']), policy: z.boolean().describe('Its policy is another one now.'), joined: Names, left: Names })),
  restart: Outdated,
}).describe('What an import did, or would do.'));
export const importModel = ({ applied, groups, restart }: GroupsImport): z.output<typeof ImportModel> => ({ applied, groups: groups.map((line) => ({ ...line, joined: [...line.joined], left: [...line.left] })), restart: outdatedModel(restart) });
