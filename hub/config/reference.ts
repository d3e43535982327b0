import { ALIASES, UNAVAILABLE } from './aliases';
import { SETTINGS, type Setting } from './settings';

/** `docs/configuration.md`, from the schema. `npm run docs` writes it; a test fails where it differs. */
export const configurationPage = (): string => `${[INTRODUCTION, ...sections(), aliasTable(), EXAMPLE].join('\n\n')}\n`;

/** `.env.example`: every variable with its default, as comments. */
export const envExample = (): string => `${[ENV_INTRODUCTION, ...SETTINGS.filter((row) => row.variable !== null && row.variable !== 'HUB_FAILPOINT').map(envLines)].join('\n\n')}\n`;

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

function envLines(row: Setting): string {
  const plain = row.initial.replace(/`/g, '');
  const value = plain === '[]' || plain === 'standard output' || plain.includes('<') ? '' : plain;
  return `# ${row.meaning.replace(/`/g, '')}\n#${row.variable}=${value}`;
}
