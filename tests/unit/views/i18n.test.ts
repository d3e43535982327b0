import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bytes, CATALOGUES, pickLanguage, translator, type MessageKey } from '../../../views/i18n';

const keys = Object.keys(CATALOGUES.en) as MessageKey[];
const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] as string).sort();

describe('the catalogue', () => {
  it('says everything in both languages, with the same values in it', () => {
    expect(Object.keys(CATALOGUES.zh)).toEqual(keys);
    for (const key of keys) {
      expect(CATALOGUES.zh[key].trim()).not.toBe('');
      expect([key, holes(CATALOGUES.zh[key])]).toEqual([key, holes(CATALOGUES.en[key])]);
    }
  });

  it('has no sentence that nobody says', () => {
    const root = path.resolve(__dirname, '../../..');
    const files = ['views', 'hub/http'].flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f) && !f.startsWith('i18n')).map((f) => path.join(root, folder, f)));
    const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const made = [/^scope\./, /^error\./, /^maintenance\.phase\./, /^end\.(?:cause|advice)\./, /^failed\.(?:cause|next)\./, /^template\.(?:copying|copied|missing|failed)$/, /^(?:restart|recreate)\.(?:title|explain|submit)$/, /^state\./, /^status\./, /^stage\./, /^files\.(?:kind|none)\./, /^idle\.(?:says|span)\./, /^theme\./, /^people\.(?:problem|bulk|bulkText|bulkDo)\./, /^person\.tab\./, /^servers\.(?:pill|all|allNone|bulk|bulkText|bulkDo|bulkDone)\./, /^dashboard\.(?:range|more)\./, /^groups\.(?:up|down|rule|kind|what|section|explain|import)(?:Named$|$|\.)/, /^activity\.(?:did|kind)\./, /^settings\.section\./, /^audit\.(?:did|kind|range)\./, /^check\.(?:title|remedy)\./, /^task\./, /^notices\.(?:variant|state|range|phase|status)\./, /^volumes\.(?:home|workspace|cache)(?:Holds)?$/];
    expect(keys.filter((key) => !source.includes(`'${key}'`) && !source.includes(`"${key}"`) && !made.some((m) => m.test(key)))).toEqual([]);
  });

  it('is translated, apart from names', () => {
    expect(keys.filter((key) => CATALOGUES.en[key] === CATALOGUES.zh[key])).toEqual([]);
  });
});

describe('translator', () => {
  it('fills in values and leaves unknown holes', () => {
    expect(translator('en')('nav.signedInAs', { name: 'alice' })).toBe('Signed in as alice');
    expect(translator('en')('nav.signedInAs')).toBe('Signed in as {name}');
    expect(translator('en')('nav.signedInAs', { name: '{name} $& {toString}' })).toBe('Signed in as {name} $& {toString}');
  });
});

describe('pickLanguage', () => {
  it.each([
    ['zh', 'en', 'zh'],
    [undefined, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    [undefined, 'en;q=0.5,zh;q=0.7', 'zh'],
    [undefined, 'fr,zh;q=0,en;q=0.1', 'en'],
    [undefined, 'de', 'en'],
    [undefined, undefined, 'en'],
    ['xx', 'zh', 'zh'],
    [undefined, ';;;=,q=,zh;q=abc', 'zh'],
  ] as const)('choice %s and %s give %s', (choice, header, lang) => {
    expect(pickLanguage(choice, header)).toBe(lang);
  });
});

it('sizes are readable', () => {
  expect([bytes(0), bytes(1023), bytes(1536), bytes(5 * 1024 ** 3)]).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB']);
});
