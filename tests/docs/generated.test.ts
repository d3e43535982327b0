import fs from 'node:fs';
import path from 'node:path';
import { ALIASES, UNAVAILABLE } from '../../hub/config/aliases';
import { configurationPage, envExample } from '../../hub/config/reference';
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
