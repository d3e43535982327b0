import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EXHIBITS } from '../../../views/gallery';

const VIEWS = path.resolve(__dirname, '../../../views');
const textOf = (folder: string): string => readdirSync(path.join(VIEWS, folder)).filter((file) => /\.tsx?$/.test(file)).map((file) => readFileSync(path.join(VIEWS, folder, file), 'utf8')).join('\n');

test('every page there is hangs in the gallery, but for the gallery itself; no two have one name', () => {
  const pages = [...textOf('pages').matchAll(/^export (?:function|const) (\w+Page)\b/gm)].map(([, name = '']) => name);
  const shown = textOf('gallery');
  expect(pages.length).toBeGreaterThan(40);
  expect(pages.filter((name) => name !== 'galleryPage' && !new RegExp(`\\b${name}\\(`).test(shown))).toEqual([]);
  expect(new Set(EXHIBITS.map(({ id }) => id)).size).toBe(EXHIBITS.length);
});

test('no link asks the browser to save what the hub sends: a browser asks for such a file as a script would, and is refused', () => {
  const links = [...`${textOf('pages')}${textOf('components')}`.matchAll(/<a\b[^>]*\sdownload[\s=>][^>]*/g)].map(([link]) => link);
  expect(links.filter((link) => !link.includes('data:text/plain'))).toEqual([]);
  expect(links).toHaveLength(1);
});
