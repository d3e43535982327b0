import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const SKIPPED = new Set(['node_modules', 'dist', 'state', 'coverage', '.git']);

const markdownBelow = (folder: string): readonly string[] =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownBelow(place);
    return entry.name.endsWith('.md') ? [place] : [];
  });
const PAGES = markdownBelow(ROOT).map((file) => path.relative(ROOT, file));
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** What is inside code is an example and no link. */
const prose = (text: string): string => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));

/** Targets of links and images, Markdown's and HTML's. */
const linksOf = (text: string): readonly string[] => {
  const markdown = [...prose(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const html = [...prose(text).matchAll(/(?:src|href)="([^"]+)"/g)];
  const references = [...prose(text).matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...markdown, ...html, ...references].map((match) => match[1] ?? '');
};

/** A heading's anchor, as code hosts make it. */
const anchorsOf = (text: string): readonly string[] => {
  const seen = new Map<string, number>();
  return [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => {
    const plain = (match[1] ?? '').trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const times = seen.get(plain) ?? 0;
    seen.set(plain, times + 1);
    return times === 0 ? plain : `${plain}-${times}`;
  });
};

const dead = (page: string, target: string): boolean => {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return false;
  const [file = '', anchor] = target.split('#');
  const place = file === '' ? path.join(ROOT, page) : path.resolve(ROOT, path.dirname(page), decodeURIComponent(file));
  if (!fs.existsSync(place)) return true;
  return anchor !== undefined && anchor !== '' && place.endsWith('.md') && !anchorsOf(fs.readFileSync(place, 'utf8')).includes(decodeURIComponent(anchor));
};

test.each(PAGES)('%s has no dead link', (page) => {
  expect(linksOf(read(page)).filter((target) => dead(page, target))).toEqual([]);
});

test('a dead link would be found', () => {
  expect(linksOf('[a](b.md) ![c](d.png "e") <img src="f.png"> `[x](y)`\n[z]: w.md')).toEqual(['b.md', 'd.png', 'f.png', 'w.md']);
  expect(dead('README.md', 'docs/nowhere.md')).toBe(true);
  expect(dead('docs/configuration.md', '#variables-of-other-hubs')).toBe(false);
  expect(dead('docs/configuration.md', '#no-such-heading')).toBe(true);
});

test('the changelog keeps a section for what is not released yet, with something in it', () => {
  const [, section = ''] = /^## \[?Unreleased\]?$([\s\S]*?)(?=^## |$(?![\s\S]))/im.exec(read('CHANGELOG.md')) ?? [];
  expect(section).toMatch(/^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/m);
  expect(section).toMatch(/^- \S/m);
});

test('every decision is numbered, once, and says what the house format asks for', () => {
  const decisions = PAGES.filter((page) => page.startsWith(path.join('docs', 'decisions') + path.sep) && /^\d/.test(path.basename(page)));
  const numbers = decisions.map((page) => path.basename(page).slice(0, 4));
  expect(decisions.length).toBeGreaterThan(0);
  expect(numbers.every((number) => /^\d{3}-$/.test(number))).toBe(true);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const page of decisions) expect({ page, text: read(page) }).toEqual({ page, text: expect.stringMatching(/^# /) as string });
});

test('the licence is complete', () => {
  expect(read('LICENSE')).toMatch(/Apache License[\s\S]*Version 2\.0[\s\S]*END OF TERMS AND CONDITIONS/);
});
