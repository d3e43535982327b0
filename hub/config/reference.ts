import { ALIASES, UNAVAILABLE } from './aliases';
import { SETTINGS, type Setting } from './settings';

/** `docs/configuration.md`, from the schema. `npm run docs` writes it; a test fails where it differs. */
export const configurationPage = (): string => `${[INTRODUCTION, ...sections(), aliasTable(), EXAMPLE].join('\n\n')}\n`;

/** `.env.example`: every variable with its default, as comments. */
export const envExample = (): string => `${[ENV_INTRODUCTION, ...COMPOSE_VARIABLES.map(({ variable, initial, meaning }) => `# ${meaning}\n#${variable}=${initial}`), ...SETTINGS.filter((row) => row.variable !== null && row.variable !== 'HUB_FAILPOINT').map(envLines)].join('\n\n')}\n`;

/** `compose.yml` with the list of variables between its two marks made anew; the rest is as given. */
export function composeFile(given: string): string {
  const [before, rest] = given.split(COMPOSE_MARKS.from, 2);
  const after = rest?.split(COMPOSE_MARKS.to, 2)[1];
  if (before === undefined || after === undefined) throw new Error('compose.yml has lost the marks between which its variables are written');
  return [before, COMPOSE_MARKS.from, '\n', ...composeVariables().map((line) => `      - ${line}\n`), '      ', COMPOSE_MARKS.to, after].join('');
}

const COMPOSE_MARKS = {
  from: '# Written by `npm run docs` from here on: each setting by its name, with the value that the shell or .env gives it.',
  to: '# End of what `npm run docs` writes.',
} as const;

/** What a container decides; for the host the same variables say where these are mounted from, or where they are published. */
const IN_CONTAINER: Readonly<Record<string, string>> = {
  HUB_LISTEN_HOST: 'front',
  HUB_DATA_DIR: '/data',
  HUB_PATHS_TEMPLATES: '/srv/templates',
  HUB_PATHS_APP: '/srv/app',
  HUB_PATHS_DATA: '/srv/data',
};

/** The shell's own way to an engine says nothing about the container's. */
const HOST_ONLY = ['HUB_FAILPOINT', 'DOCKER_HOST'];

function composeVariables(): readonly string[] {
  const own = SETTINGS.flatMap((row) => (row.variable === null ? [] : row.secret ? [row.variable, `${row.variable}_FILE`] : [row.variable]));
  const others = [...ALIASES, ...UNAVAILABLE].map((row) => row.variable);
  return ['HUB_CONFIG_FILE', ...own, ...others].filter((name) => !HOST_ONLY.includes(name)).map((name) => (Object.hasOwn(IN_CONTAINER, name) ? `${name}=${IN_CONTAINER[name]}` : name));
}

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs\` from hub/config/schema.ts. Change the schema, not this page. -->

Every setting has a default: an empty configuration is a working hub for one machine. A value comes from the last of these that has one:

1. the default;
2. the config file: \`hub.config.json\` in the working directory, or the file that \`HUB_CONFIG_FILE\` names, which must then exist;
3. [variables of other hubs](#variables-of-other-hubs);
4. the environment: the variable beside the setting below;
5. a file named by that variable with \`_FILE\` at its end, for secrets: it must be readable by the hub's account alone (\`chmod 600\`), unless it lies in \`/run/secrets\`. Setting both is an error.

A variable that is set but empty counts as not set. Unknown settings, unknown \`HUB_*\` variables and values that cannot be understood stop the hub from starting, all reported at once. \`berth config check\` looks for mistakes without starting anything; \`berth config show\` prints every value, where it came from, and no secret.

Durations are written \`90s\`, \`10m\`, \`4h\`, \`14d\`, or as a number of seconds; sizes \`512M\`, \`8G\`, or as a number of bytes; lists as JSON in the file and with commas in a variable; yes and no as \`true\`, \`1\`, \`yes\`, \`on\` and \`false\`, \`0\`, \`no\`, \`off\`. Paths are taken from the working directory.`;

const HEADINGS: Readonly<Record<string, string>> = { '': 'General', listen: 'Listening', docker: 'Docker', image: 'Image', server: 'Servers', paths: 'Folders', log: 'Log' };

/** Single settings and small sections together first; a section of three or more has a table of its own. */
function sections(): readonly string[] {
  const sectionOf = (row: Setting): string => (row.path.includes('.') ? row.path.slice(0, row.path.indexOf('.')) : '');
  const headingOf = (row: Setting): string => HEADINGS[sectionOf(row)] ?? 'General';
  const headings = ['General', ...new Set(SETTINGS.map(headingOf))].filter((heading, i, all) => all.indexOf(heading) === i);
  return headings.map((heading) => `## ${heading}\n\n${table(SETTINGS.filter((row) => headingOf(row) === heading))}`);
}

const table = (rows: readonly Setting[]): string =>
  ['| Setting | Variable | Default | Meaning |', '|---|---|---|---|', ...rows.map((row) => `| \`${row.path}\` | ${row.variable === null ? 'config file only' : `\`${row.variable}\``} | ${row.initial} | ${row.meaning} |`)].join('\n');

const aliasTable = (): string =>
  [
    '## Variables of other hubs',
    '',
    'A configuration that was written for the hubs that this one replaces goes on working. `HUB_*` variables win over these.',
    '',
    '| Variable | Setting | Meaning |',
    '|---|---|---|',
    ...ALIASES.map((alias) => `| \`${alias.variable}\` | \`${alias.path}\` | ${alias.meaning} |`),
    '',
    'These are understood, but what they switch on is not available yet. Anything but off (`0`, `false`, `no`, `off`, empty) stops the hub from starting, so that nobody relies on what is not there.',
    '',
    '| Variable | What it would switch on | Instead |',
    '|---|---|---|',
    ...UNAVAILABLE.map((one) => `| \`${one.variable}\` | ${one.what} | ${one.instead} |`),
  ].join('\n');

const EXAMPLE = `## Example

\`hub.config.json\`:

\`\`\`json
{
  "publicUrl": "https://hub.example.org/",
  "trustedProxies": ["127.0.0.1"],
  "server": { "idleLimit": "8h", "memory": "16G" },
  "profiles": [
    { "slug": "standard", "title": "Standard" },
    { "slug": "large", "title": "Large memory", "description": "For big tables.", "limits": { "memory": "64G", "cpus": 8 } }
  ]
}
\`\`\``;

const ENV_INTRODUCTION = `# Every variable of the hub with its default. Copy this file to .env and take the # away from what you change.
# docker compose reads .env by itself; for npm start: set -a; . ./.env; set +a
# Meanings at length: docs/configuration.md. (Written by \`npm run docs\`.)`;

/** Read by compose.yml alone; the hub does not know them. */
const COMPOSE_VARIABLES: readonly { readonly variable: string; readonly initial: string; readonly meaning: string }[] = [
  { variable: 'COMPOSE_FILE', initial: 'compose.yml:compose_override.yml', meaning: 'For docker compose alone: its files, where there is an override. npm run compose finds it by itself.' },
  { variable: 'DOCKER_GID', initial: '999', meaning: 'For docker compose alone: the group of the Docker socket (stat -c %g /var/run/docker.sock). npm run compose finds it by itself.' },
  { variable: 'DOCKER_SOCKET', initial: '/var/run/docker.sock', meaning: 'For docker compose alone: the Docker socket of this machine.' },
  { variable: 'BERTH_DOCKER_FILTER', initial: '0', meaning: 'For npm run compose: 1 puts the filter of compose.filter.yml between the hub and the Docker socket. With docker compose alone, name that file in COMPOSE_FILE.' },
  { variable: 'DOCKER_NETWORK_NAME', initial: 'jupyterhub_network', meaning: 'Network that docker compose makes for the hub and a front proxy; the names of the servers\' networks begin with it.' },
];

function envLines(row: Setting): string {
  const plain = row.initial.replace(/`/g, '');
  const value = plain === '[]' || plain === 'standard output' || plain.includes('<') ? '' : plain;
  return `# ${row.meaning.replace(/`/g, '')}\n#${row.variable}=${value}`;
}
