import { z } from 'zod';
import { LABEL } from '../labels';

/**
 * What may be made. The engine reads JSON with keys in any spelling of capitals and ignores what it does not know; here a key is known in
 * exactly one spelling or the whole is refused, and what goes on is written anew from what was read, so both read the same (S07).
 */
const nothing = z.union([z.literal(''), z.null(), z.literal(false), z.array(z.never()), z.strictObject({})]);
const text = z.string().max(4096);
const texts = z.array(text).max(512);
const amount = z.number().nonnegative();
/** Compose knows its own things by these: nothing of the hub's may pass for one. */
const labels = z.record(z.string().regex(/^(?!com\.docker\.|io\.docker\.|org\.dockerproject\.)/), text);
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const named = z.string().regex(NAME);
/** Where there is no network of a name, the engine takes it for the beginning of an id: such a name would become somebody else's when the network goes. */
const networkName = named.regex(/[^0-9a-f]/, { error: 'could be the beginning of an id' });
/** As the spawner calls them. An interface that the host has already would be taken into the network. */
const bridgeName = z.string().regex(/^n[bxi][0-9a-f]{10}$/);

const mount = z.discriminatedUnion('Type', [
  z.strictObject({
    Type: z.literal('volume'),
    // Without a name it would be somebody's to find later.
    Source: named,
    Target: text,
    ReadOnly: z.boolean().optional(),
    VolumeOptions: z.strictObject({ NoCopy: z.boolean().optional(), Labels: labels.optional(), DriverConfig: z.strictObject({ Name: z.literal('local'), Options: nothing.optional() }).optional() }).optional(),
  }),
  z.strictObject({
    Type: z.literal('bind'),
    Source: z.string().regex(/^\/[^\0]*$/).refine((path) => !path.split('/').some((part) => part === '..' || part === '.'), 'has parts that lead elsewhere'),
    Target: text,
    ReadOnly: z.literal(true, { error: 'host folders are seen read-only' }),
    BindOptions: z.strictObject({ Propagation: z.literal('rprivate') }).optional(),
  }),
]);

/** The helper that gives a new volume to its user needs these three; nothing of the hub needs more. */
const capability = z.enum(['CHOWN', 'FOWNER', 'DAC_OVERRIDE']);

const hostConfig = z.strictObject({
  NetworkMode: named,
  CapDrop: z.array(z.literal('ALL')).length(1),
  CapAdd: z.array(capability).optional(),
  SecurityOpt: z.array(z.enum(['no-new-privileges:true', 'no-new-privileges'])).min(1).max(2),
  Privileged: z.literal(false).optional(),
  ReadonlyRootfs: z.boolean().optional(),
  Tmpfs: z.record(z.string(), text).optional(),
  ShmSize: amount.optional(),
  OomScoreAdj: z.number().min(0).max(1000).optional(),
  Ulimits: z.array(z.strictObject({ Name: z.enum(['nofile', 'core', 'nproc']), Soft: amount, Hard: amount })).optional(),
  LogConfig: z.strictObject({ Type: z.enum(['json-file', 'local', 'none']), Config: z.partialRecord(z.enum(['max-size', 'max-file', 'compress']), text).optional() }).optional(),
  RestartPolicy: z.strictObject({ Name: z.enum(['no', '']), MaximumRetryCount: z.literal(0).optional() }).optional(),
  AutoRemove: z.boolean().optional(),
  IpcMode: z.enum(['private', 'none']).optional(),
  CgroupnsMode: z.literal('private').optional(),
  PublishAllPorts: z.literal(false).optional(),
  PortBindings: nothing.optional(),
  Dns: texts.optional(),
  DnsOptions: texts.optional(),
  DnsSearch: texts.optional(),
  ExtraHosts: texts.optional(),
  Init: z.boolean().optional(),
  NanoCpus: amount.optional(),
  CpuShares: amount.optional(),
  Memory: amount.optional(),
  MemorySwap: amount.optional(),
  MemoryReservation: amount.optional(),
  PidsLimit: amount.optional(),
  Mounts: z.array(mount).max(64).optional(),
  Runtime: z.enum(['runc', 'runsc', '']).optional(),
  Binds: nothing.optional(),
  Devices: nothing.optional(),
});

const endpoint = z.strictObject({ IPAMConfig: z.strictObject({ IPv4Address: z.ipv4() }).optional(), Aliases: texts.optional() });

const container = z.strictObject({
  /** Clients repeat here what they say in the query; the engine reads it there. */
  name: named.optional(),
  Image: text,
  Hostname: text.optional(),
  Domainname: nothing.optional(),
  User: text.optional(),
  WorkingDir: text.optional(),
  Entrypoint: texts.optional(),
  Cmd: texts.optional(),
  Env: texts.optional(),
  Labels: labels,
  ExposedPorts: z.record(z.string(), z.strictObject({})).optional(),
  Healthcheck: z.strictObject({ Test: texts }).optional(),
  StopSignal: text.optional(),
  StopTimeout: amount.optional(),
  Tty: z.boolean().optional(),
  OpenStdin: z.literal(false).optional(),
  AttachStdin: z.boolean().optional(),
  AttachStdout: z.boolean().optional(),
  AttachStderr: z.boolean().optional(),
  HostConfig: hostConfig,
  NetworkingConfig: z.strictObject({ EndpointsConfig: z.record(named, endpoint) }).optional(),
});

const bridgeOptions = z.strictObject({
  'com.docker.network.bridge.name': bridgeName.optional(),
  'com.docker.network.bridge.enable_icc': text.optional(),
  'com.docker.network.bridge.inhibit_ipv4': text.optional(),
  'com.docker.network.bridge.enable_ip_masquerade': text.optional(),
  'com.docker.network.bridge.gateway_mode_ipv4': text.optional(),
  'com.docker.network.driver.mtu': text.optional(),
});

const network = z.strictObject({
  Name: networkName,
  CheckDuplicate: z.boolean().optional(),
  Driver: z.literal('bridge'),
  Internal: z.boolean().optional(),
  Attachable: z.literal(false).optional(),
  EnableIPv6: z.literal(false).optional(),
  IPAM: z.strictObject({ Driver: z.literal('default').optional(), Config: z.array(z.strictObject({ Subnet: z.cidrv4(), Gateway: z.ipv4().optional() })).max(1) }),
  Options: bridgeOptions.optional(),
  Labels: labels,
});

/** A driver's options can mount any folder of the host, so there are none. */
const volume = z.strictObject({ Name: named, Driver: z.literal('local').optional(), DriverOpts: nothing.optional(), Labels: labels });

const attach = z.strictObject({ Container: named, Force: z.boolean().optional(), EndpointConfig: endpoint.optional() });

export type NewContainer = z.output<typeof container>;

/** Why a body is refused, in words for whoever looks after the hub. */
export class Refused extends Error {}

const read = <T extends z.ZodType>(schema: T) =>
  (body: unknown): z.output<T> => {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    const [first] = result.error.issues;
    throw new Refused(`${first?.path.join('.') || 'the body'}: ${first?.message ?? 'is not allowed'}`);
  };

export const readContainer = read(container);
export const readNetwork = read(network);
export const readVolume = read(volume);
export const readAttach = read(attach);

export const isName = (text: string): boolean => NAME.test(text);

/** The instance that a new thing says it belongs to. */
export function instanceOf(of: { readonly Labels: Readonly<Record<string, string>> }): string {
  const instance = of.Labels[LABEL.instance];
  if (instance === undefined || instance === '') throw new Refused(`it lacks the label ${LABEL.instance}`);
  return instance;
}
