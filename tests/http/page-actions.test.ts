import { z } from 'zod';
import type { HubRoute } from '../../hub/http/routes';
import { createUrls } from '../../hub/urls';
import { EXHIBITS } from '../../views/gallery';
import { NOW } from '../../views/gallery/exhibit';
import { translator } from '../../views/i18n';
import type { Shell } from '../../views/layout';
import { renderPage } from '../../views/render';
import { ROUTES } from '../support/routes';
import { ACTIONS, ONLY_ON_PAGES, SEVERAL } from './page-actions';

const VIEWERS = { nobody: null, user: { name: 'alice', admin: false }, admin: { name: 'admin', admin: true, auditor: true } } as const;
const shell = (viewer: keyof typeof VIEWERS): Shell => ({
  lang: 'en', t: translator('en'), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, urls: createUrls('/'), asset: (file) => file, xsrf: 'token',
  viewer: VIEWERS[viewer], flashes: [], here: '/hub/home', path: '/hub/home', now: NOW, still: true,
});

const PAGES = EXHIBITS.map(({ id, viewer, page }) => ({ id, markup: renderPage(page(shell(viewer))) }));
const ROWS = ROUTES.filter(({ kind, method }) => kind === 'page' && method !== 'get');
const OPERATIONS = new Map(ROUTES.flatMap(({ doc }) => (doc === undefined ? [] : [[doc.id, doc]])));

const plain = (address: string): string => address.replaceAll('&amp;', '&').split('?')[0] ?? '';
const attribute = (tag: string, name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];

/** Where the forms and buttons of a page send something that changes something. */
function targetsOf(markup: string): string[] {
  const posts = [...markup.matchAll(/<form\b[^>]*>/g)].flatMap(([tag]) => (attribute(tag, 'method')?.toLowerCase() === 'post' ? [attribute(tag, 'action') ?? ''] : []));
  const buttons = [...markup.matchAll(/<(?:button|input)\b[^>]*\sformaction="([^"]*)"/g)].map(([, to = '']) => to);
  return [...posts, ...buttons].map(plain);
}

/** The row that Express would take: the first one that fits. */
const fits = ({ path }: Pick<HubRoute, 'path'>, target: string): boolean => new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`).test(target);
const rowOf = (target: string): string | undefined => ROWS.find((row) => fits(row, target))?.path;

/** What buttons and hidden fields choose among, of the forms of a page that go to one row. */
function choicesOf(markup: string, path: string): string[] {
  const forms = [...markup.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)].filter(([, tag = '']) => fits({ path }, plain(attribute(tag, 'action') ?? '')));
  const ids = forms.flatMap(([, tag = '']) => attribute(tag, 'id') ?? []);
  const within = forms.map(([, , inner = '']) => inner);
  // Buttons that stand elsewhere name their form.
  const tags = [...within.flatMap((inner) => [...inner.matchAll(/<(?:button|input)\b[^>]*>/g)]), ...[...markup.matchAll(/<(?:button|input)\b[^>]*\sform="([^"]*)"[^>]*>/g)].filter(([, form = '']) => ids.includes(form))];
  return tags.flatMap(([tag]) => (attribute(tag, 'name') === 'action' ? [attribute(tag, 'value') ?? ''] : []));
}

describe('what one can do on a page', () => {
  it.each(PAGES.map(({ id, markup }) => [id, markup] as const))('every form of "%s" goes to a row that takes it', (_id, markup) => {
    expect(targetsOf(markup).filter((target) => rowOf(target) === undefined)).toEqual([]);
  });

  it('is there to be looked at: the gallery has forms, and buttons that go elsewhere than their form', () => {
    const all = PAGES.flatMap(({ markup }) => targetsOf(markup));
    expect(all.length).toBeGreaterThan(200);
    expect(PAGES.some(({ markup }) => markup.includes(' formaction="'))).toBe(true);
  });

  it.each(ROWS.map(({ path }) => path))('%s is in the API too, or is said to belong to a browser alone', (path) => {
    const operations = ACTIONS[path];
    const reason = ONLY_ON_PAGES[path];
    expect([path, operations === undefined, reason === undefined]).toEqual([path, reason !== undefined, operations !== undefined]);
    expect((operations ?? []).filter((id) => !OPERATIONS.has(id))).toEqual([]);
    expect(operations).not.toEqual([]);
  });

  it('is all that is listed: no action of a page that is gone, and a reason for each exception', () => {
    const paths = new Set(ROWS.map(({ path }) => path));
    expect([...Object.keys(ACTIONS), ...Object.keys(ONLY_ON_PAGES), ...Object.keys(SEVERAL)].filter((path) => !paths.has(path))).toEqual([]);
    expect(Object.entries(ONLY_ON_PAGES).filter(([, reason]) => reason.length < 20)).toEqual([]);
  });

  it.each(Object.entries(SEVERAL))('whatever %s chooses among, the API chooses among too', (path, { elsewhere }) => {
    const shown = new Set(PAGES.flatMap(({ markup }) => choicesOf(markup, path)));
    const known = new Set((ACTIONS[path] ?? []).flatMap((id) => choicesIn(OPERATIONS.get(id)?.body)));
    expect(shown.size).toBeGreaterThan(1);
    expect([...shown].filter((choice) => !known.has(choice)).toSorted()).toEqual(Object.keys(elsewhere));
    expect(Object.values(elsewhere).filter((id) => !OPERATIONS.has(id))).toEqual([]);
  });
});

/** The values of `action` in the schema of a body. */
function choicesIn(body: z.ZodType | undefined): string[] {
  if (body === undefined) return [];
  const { properties, anyOf, oneOf } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Branch;
  return [{ properties }, ...(anyOf ?? []), ...(oneOf ?? [])].flatMap(({ properties: fields }) => [...(fields?.action?.enum ?? []), ...(fields?.action?.const === undefined ? [] : [fields.action.const])]);
}

interface Branch {
  readonly properties?: { readonly action?: { readonly enum?: readonly string[]; readonly const?: string } };
  readonly anyOf?: readonly Branch[];
  readonly oneOf?: readonly Branch[];
}
