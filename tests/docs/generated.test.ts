import fs from 'node:fs';
import path from 'node:path';
import { ALIASES, UNAVAILABLE } from '../../hub/config/aliases';
import { composeFile, configurationPage, envExample } from '../../hub/config/reference';
import { SETTINGS } from '../../hub/config/settings';
import { parseConfig } from '../../hub/config';

const ROOT = path.resolve(__dirname, '..', '..');
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

test('docs/configuration.md is what `npm run docs` writes', () => {
  expect(read('docs/configuration.md')).toBe(configurationPage());
});

test('.env.example is what `npm run docs` writes', () => {
  expect(read('.env.example')).toBe(envExample());
});

test('compose.yml has the list of variables that `npm run docs` writes', () => {
  expect(read('compose.yml')).toBe(composeFile(read('compose.yml')));
});

test('compose.yml hands every variable of the schema and of other hubs to the hub', () => {
  const listed = [...read('compose.yml').matchAll(/^ {6}- ([A-Z][A-Z0-9_]+)(?:=\S+)?$/gm)].map((match) => match[1]);
  const known = [...SETTINGS.map((row) => row.variable), ...[...ALIASES, ...UNAVAILABLE].map((row) => row.variable)];
  expect(known.filter((name) => name !== null && !listed.includes(name))).toEqual(['HUB_FAILPOINT', 'DOCKER_HOST']);
});

test('every setting, every variable and every alias is in the reference, with a meaning', () => {
  const page = configurationPage();
  for (const row of SETTINGS) {
    expect(page).toContain(`| \`${row.path}\` |`);
    expect(row.meaning).toMatch(/\.["']?$|`\.$/);
  }
  for (const { variable } of [...ALIASES, ...UNAVAILABLE]) expect(page).toContain(`\`${variable}\``);
});

test('the example of the reference is a valid configuration', () => {
  const example = /```json\n([\s\S]*?)```/.exec(configurationPage())?.[1] ?? '';
  expect(parseConfig(JSON.parse(example)).profiles.map((profile) => profile.slug)).toEqual(['standard', 'large']);
});
