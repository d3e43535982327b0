import { z } from 'zod';
import * as declared from './declared';
import * as v from './values';

/**
 * Every setting of the hub, once: its type, its default, its meaning. The reference in `docs/configuration.md`, the names of the
 * environment variables and the list that `berth config show` prints are made from it.
 */
declare module 'zod' {
  interface GlobalMeta {
    /** The default, as one would write it. */
    written?: unknown;
    /** The default in words, where the value itself says nothing. */
    initial?: string;
    /** Environment variable, where it is not made from the path. */
    variable?: string;
    /** Cannot be written in one environment variable. */
    fileOnly?: true;
    /** Never printed. */
    secret?: true;
    /** How it is printed for people. */
    unit?: 'duration' | 'size';
  }
}
type Extra = Pick<z.GlobalMeta, 'initial' | 'variable' | 'fileOnly' | 'secret' | 'unit'>;

/** `initial` is read like any given value, so that the reference shows defaults as one would write them. */
const setting = <T extends z.ZodType>(type: T, initial: unknown, description: string, extra: Extra = {}): z.ZodType<z.output<T>> =>
  z.unknown().prefault(initial as {}).pipe(type).meta({ description, ...extra, written: initial });
/** A section that may be left out: every setting in it has a default. */
const group = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape).prefault({} as never);
const duration = (type: typeof v.duration, initial: string, description: string) => setting(type, initial, description, { unit: 'duration' });
const oneOf = <const W extends readonly [string, ...string[]]>(...words: W) => z.enum(words, { error: `expected one of ${words.join(', ')}` });

/** One profile of the config file. What it leaves out comes from `image`, `layout` and `server`. */
const layout = z.strictObject({
  home: v.text,
  userHome: v.text.optional(),
  workspace: v.text,
  cache: v.text,
  workingDir: v.text,
  shared: v.text,
  user: v.textOrNone.prefault(null),
});
const layoutName = oneOf('auto', 'jovyan', 'lab');
const profile = z.strictObject({
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'expected lower-case letters, digits and hyphens'),
  title: v.text,
  description: z.string().default(''),
  image: v.text.optional(),
  argv: z.array(z.string()).optional(),
  port: v.wholeNumber(1, 65535).prefault(8888),
  mode: oneOf('auto', 'injected', 'singleuser').default('auto'),
  limits: z.strictObject({ cpus: v.amountOrNone.optional(), memory: v.sizeOrNone.optional(), pids: v.countOrNone.optional() }).default({}),
  readOnlyRoot: v.yesNo.optional(),
  outbound: oneOf('none', 'open').optional(),
  idleLimit: v.durationOrNone.optional(),
  maxAge: v.durationOrNone.optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of an environment variable'), z.string()).default({}),
  layout: z.union([layoutName, layout]).optional(),
});

export const Schema = z.strictObject({
  listen: group({
    host: setting(v.text, '127.0.0.1', 'Address that the hub listens on. `0.0.0.0` is every address of the machine: put TLS in front of it first. `front`, for a hub in a container, is all but those in the networks of servers.'),
    port: setting(v.wholeNumber(0, 65535), 8000, 'Port that the hub listens on; 0 takes a free one.'),
    internalPort: setting(v.wholeNumber(1, 65535), 8081, 'Port at which servers reach the hub as `http://hub:<port>`. It is opened on the network of each server, for that one alone, and on no other address.'),
  }),
  publicUrl: setting(v.publicUrl, null, 'The address that users type; its path is the base path. Cookies, redirects and the origin check derive from it.', { initial: '`http://localhost:<port><basePath>`' }),
  basePath: setting(v.basePath, null, 'Path below which everything lies, where no `publicUrl` is set.', { initial: '`/`' }),
  origins: setting(v.origins, [], 'Further origins that users may come from. While the public URL is on this machine, `localhost` and `127.0.0.1` are both accepted without being listed.'),
  trustedProxies: setting(v.networks, [], 'Networks whose `X-Forwarded-*` headers are believed: the reverse proxy in front of the hub, nobody else.'),
  frameOrigins: setting(v.origins, [], 'Origins whose pages may show servers in a frame. Pages of the hub itself are never framed.'),
  subdomainHost: setting(v.domainOrNone, null, 'Domain below which every user gets a host of their own for their servers, such as `nb.example.org` (or `localhost` to try it out); DNS and certificate must cover `*.` of it. Scheme and port are those of the public URL.', { initial: 'none: servers lie on the hub\'s own host' }),
  dataDir: setting(v.text, './state', 'Folder of the hub\'s own state (database, keys, local socket), for its own account only. It can never be mounted into a server.'),
  admin: group({
    name: setting(v.text, 'admin', 'Name of the first administrator, made by the one-time link. Signing up under it gives nothing.'),
  }),
  signup: setting(oneOf('approval', 'open', 'closed'), 'approval', 'Who may make an account: anybody after an administrator approved it (`approval`), anybody (`open`), nobody (`closed`).'),
  authenticator: setting(oneOf('password', 'dummy'), 'password', 'How people sign in: with the password of their own account (`password`), or, for trials and load tests alone, under any name with one shared password (`dummy`).'),
  dummy: group({
    password: setting(v.textOrNone, null, 'The shared password of the `dummy` authenticator. Administrators have a password of their own.', { initial: 'none', secret: true }),
    allowPublic: setting(v.yesNo, false, 'Whether the `dummy` authenticator may run where others than this machine reach the hub: everybody who knows the shared password gets in under any name.'),
  }),
  password: group({ minLength: setting(v.wholeNumber(8, 128), 12, 'Shortest password that is accepted, in characters.') }),
  session: group({
    idle: duration(v.duration, '12h', 'A browser session ends after this long without a request.'),
    absolute: duration(v.duration, '14d', 'A browser session ends after this long, used or not.'),
    reauth: setting(v.durationOrNone, '10m', 'Administrators are asked for their password again before a dangerous act when they last gave it longer ago than this; 0 for never.', { unit: 'duration' }),
  }),
  token: group({ maxLifetime: duration(v.duration, '90d', 'Longest lifetime of an API token. Administrators alone may make one without an end.') }),
  audit: group({ keep: setting(v.durationOrNone, '400d', 'How long entries of the audit log are kept; 0 for ever. Nothing else removes one.', { unit: 'duration' }) }),
  backup: group({
    every: setting(v.durationOrNone, '1d', 'How often the hub makes a backup of its database by itself, in `hub.backups` in the data folder; 0 for never.', { unit: 'duration' }),
    keep: setting(v.wholeNumber(1, 3650), 7, 'Days of which backups are kept: everything of the last 24 hours, and the newest of each day before.'),
  }),
  volume: group({
    bin: setting(v.durationOrNone, '7d', 'How long a volume that was reset stays in the bin, from where its owner can put it back with one click; 0 for until somebody empties it.', { unit: 'duration' }),
    softQuota: setting(v.sizeOrNone, 0, 'Size of all volumes of a user, those in the bin included, above which they and administrators are warned; 0 for never. Nothing is enforced.', { unit: 'size' }),
    measureEvery: setting(v.durationOrNone, '1h', 'How often the sizes of volumes are measured, in the background; 0 for never. It takes the engine minutes where there is much.', { unit: 'duration' }),
  }),
  brand: group({
    name: setting(v.text, 'Berth', 'What the hub is called on its pages.'),
    logo: setting(v.textOrNone, null, 'Picture that stands beside the name: a file, `.svg`, `.png` or `.ico`, of 200 kB at most.', { initial: 'the hub\'s own' }),
    accent: setting(v.colourOrNone, null, 'Colour of the line on top of every page, such as `#7a1f3d`.', { initial: 'blue' }),
    stage: setting(v.textOrNone, null, 'A word beside the name that tells this hub from its siblings, such as `TEST`.', { initial: 'none' }),
  }),
  users: group({ language: setting(oneOf('auto', 'en', 'zh'), 'auto', 'Language of the pages: `en`, `zh`, or what the browser asks for (`auto`).') }),
  features: group({ notebookLauncher: setting(v.yesNo, true, 'Whether servers may be started at all. Off: page and API answer "Feature not available."') }),
  spawner: setting(oneOf('docker', 'process', 'fake'), 'docker', 'What runs servers: containers (`docker`), processes of your own account on this machine, without isolation, for one person on a laptop without Docker (`process`; needs `jupyter` on the `PATH`, and refuses an address that others reach), or a pretence in the hub\'s own process for trying things out (`fake`).'),
  docker: group({
    host: setting(v.text, 'unix:///var/run/docker.sock', 'Docker engine, as in `DOCKER_HOST`.'),
    hubContainer: setting(v.text, 'auto', 'The container that the hub itself runs in: found by the hub (`auto`), none because it runs on the host (`none`), or its name.'),
    networkPool: setting(v.networkPool, '10.213.0.0/16', 'Private IPv4 network that the networks of servers are cut from. Nothing else may use it.'),
    networkName: setting(v.text, 'jupyterhub_network', 'What the names of these networks begin with.'),
    firewall: setting(oneOf('auto', 'off'), 'auto', 'Host firewall rules that keep servers from the host and from each other: made, watched and repaired by the hub (`auto`), or left to the administrator (`off`).'),
    isolation: setting(oneOf('require', 'report'), 'require', 'While servers are not proven to be kept apart, none starts (`require`), or that is only reported (`report`). Servers that run already go on either way.'),
    strictVersions: setting(v.yesNo, false, 'Whether an engine or `runc` whose version is known to be weak counts as a failed check. Off: it is named, and nothing stops.'),
    namePrefix: setting(v.text, 'jupyterlab-', 'What the names of containers and volumes begin with.'),
    sharedVolume: setting(v.text, 'jupyterhub_shared', 'Volume that every server mounts at `/mnt/shared`.'),
  }),
  image: group({ notebook: setting(v.text, 'berth/notebook:latest', 'Image of the default profile. Whether it signs visitors in by itself (`jupyterhub-singleuser`) is found at the start of a server.') }),
  layout: setting(layoutName, 'auto', 'Where volumes go in the image: as the image itself says (`auto`: by its user, home and working directory), as in Jupyter\'s images (`jovyan`: `/home/jovyan/work`), or as on the platform of `stellars` images (`lab`: `/home/lab/workspace`).'),
  server: group({
    idleLimit: setting(v.durationOrNone, '4h', 'A server stops after this long in which no cell ran and nobody typed; 0 for never. An open page alone does not count.', { unit: 'duration' }),
    maxAge: setting(v.durationOrNone, 0, 'A server stops this long after it became ready, whatever runs in it and whatever lease it has; 0 for never.', { unit: 'duration' }),
    stopWarning: setting(v.durationOrNone, '15m', 'How long before such a stop people are warned, on the hub\'s pages and in JupyterLab; 0 for not at all.', { unit: 'duration' }),
    maxLease: setting(v.durationOrNone, '24h', 'Longest lease (`berth keep`), which keeps an idle server; 0 for none.', { unit: 'duration' }),
    busyCpus: setting(v.amountOrNone, 0.2, 'CPUs in use from which a server without a running cell counts as busy, for jobs in terminals; 0 for never.'),
    cap: setting(v.countOrNone, 5, 'Servers that may run at the same time; 0 for any number.'),
    named: setting(v.yesNo, false, 'Whether users may have further servers with names of their own, beside the default one.'),
    namedLimit: setting(v.countOrNone, 10, 'Named servers that a user may have, running or not; 0 for any number.'),
    cpus: setting(v.amountOrNone, 2, 'CPUs of a server; 0 for all that the machine has.'),
    memory: setting(v.sizeOrNone, '8G', 'Memory of a server; 0 for all that the machine has.', { unit: 'size' }),
    pids: setting(v.wholeNumber(16, 4_194_304), 512, 'Processes and threads that a server may have.'),
    startTimeout: duration(v.duration, '60s', 'A server that does not answer after this long has failed.'),
    stopGrace: duration(v.duration, '10s', 'How long a server may take to end by itself before it is killed.'),
    outbound: setting(oneOf('none', 'open'), 'none', 'What servers reach outside: nothing (`none`), or the internet (`open`). Neighbours, host and metadata stay blocked either way.'),
    readOnlyRoot: setting(v.yesNo, true, 'Whether the root file system of servers is read-only; volumes and `/tmp` stay writable.'),
  }),
  capacity: group({
    memory: setting(v.sizeOrNone, 0, 'Memory that all servers together may take, by the limits of their profiles; 0 for any. Whoever finds no room waits in line. A profile without a limit counts as all of it.', { unit: 'size' }),
    cpus: setting(v.amountOrNone, 0, 'CPUs that all servers together may take, as with `memory`; 0 for any.'),
    userServers: setting(v.countOrNone, 0, 'Servers that one user may have running or waiting at the same time; 0 for any number. One more is refused.'),
    userMemory: setting(v.sizeOrNone, 0, 'Memory that the servers of one user may take together; 0 for any.', { unit: 'size' }),
    userCpus: setting(v.amountOrNone, 0, 'CPUs that the servers of one user may take together; 0 for any.'),
  }),
  paths: group({
    templates: setting(v.text, './templates', 'Folder of template notebooks, read-only at `/templates`. One that is put there is offered without a restart.'),
    app: setting(v.text, './app', 'Folder of the team\'s own code, read-only at `/app` and on `PYTHONPATH`; ignored while it does not exist.'),
    data: setting(v.text, './data', 'Folder whose `wrds` and `analytics`, where they exist, are read-only at `/data/wrds` and `/data/analytics`. While `wrds` is absent or empty, servers get the sample that comes with the templates.'),
  }),
  log: group({
    level: setting(oneOf('debug', 'info', 'warn', 'error'), 'info', 'Least important kind of line that is written.'),
    file: setting(v.textOrNone, null, 'File that log lines are appended to.', { initial: 'standard output; `hub.log` in the data folder when that is a terminal' }),
  }),
  profiles: setting(z.array(profile), [], 'What users may choose from at a start: a list of `slug`, `title`, `description`, `image`, `argv`, `port`, `mode` (`injected`: the hub lets visitors in; `singleuser`: the image asks the hub who they are; `auto`, the default: found at the start, from the command), `limits`, `readOnlyRoot`, `outbound`, `idleLimit`, `maxAge`, `env`, `layout`. What a profile leaves out comes from `image`, `layout` and `server`.', { initial: 'one, made of `image`, `layout` and `server`', fileOnly: true }),
  groups: setting(z.array(declared.group), [], 'Groups that the hub makes at its start: a list of `name`, `users` (names; who has no account yet joins with it), `outbound` (`open`: servers of its members reach the internet, whatever the profile), `roles` (which its members hold), `idleLimit` and `maxAge` (for servers of its members, whatever the profile; of several groups the most generous one counts), `weight` (1 to 100: how much sooner than others its members come up in the line; 1), `limits` (`servers`, `memory`, `cpus` of its members together; who finds no room waits) and `properties`. A member who is taken out of the list leaves the group.', { initial: 'none', fileOnly: true }),
  builtInGroups: setting(v.groupNames, ['docker-privileged'], 'Groups that are always there: nobody can delete them, and a missing one comes back at the hub\'s start and before every start of a server. Members of `docker-privileged` get the Docker socket in their servers, which is all power over the host; without it in this list no such group is special.', { initial: '`docker-privileged`' }),
  policy: group({ mounts: setting(v.hostFolders, [], 'Folders of the host that policies of groups may mount into servers, each with everything in it. Folders of the system and the data folder are refused whatever is said here.') }),
  roles: setting(z.array(declared.role), [], 'Roles, as in JupyterHub\'s `load_roles`: a list of `name`, `description`, `scopes`, `users`, `groups`, `services`. A list of users or groups is complete: whoever is not in it loses the role at the next start. Of `user`, `researcher` and `manager` only what is given changes; the scopes of `admin` cannot.', { initial: 'none', fileOnly: true }),
  customScopes: setting(declared.customScopes, {}, 'Scopes of your own, for services: each `custom:<name>` with a `description` and `subscopes` (other ones of your own that it implies).', { initial: 'none', fileOnly: true }),
  services: setting(z.array(declared.service), [], 'Services: a list of `name`, `token` or `tokenFile`, `admin`, `roles`, `url` (proxied below `/services/<name>/`), `command` (the hub runs it: a program and its arguments), `cwd`, `environment`, `oauthClientId`, `oauthRedirectUri`, `oauthNoConfirm`, `oauthAllowedScopes`, `display`, `info`.', { initial: 'none', fileOnly: true }),
  failPoint: setting(v.textOrNone, null, 'For the hub\'s own tests: a point at which it kills itself or fails.', { initial: 'none', variable: 'HUB_FAILPOINT' }),
});

export type Settings = z.output<typeof Schema>;
