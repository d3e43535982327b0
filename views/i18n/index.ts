import { en, type Catalogue, type MessageKey } from './en';
import { zh } from './zh';

export type { MessageKey } from './en';
export type Lang = 'en' | 'zh';
export const LANGUAGES: readonly { readonly id: Lang; readonly name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'zh', name: '中文' },
];
export const CATALOGUES: Readonly<Record<Lang, Catalogue>> = { en, zh };

export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

/** Values are put in as text; the page escapes the whole sentence. Most texts have none: looking for their places was 6 % of a page. */
export const translator = (lang: Lang): Translate => (key, values) =>
  values === undefined ? CATALOGUES[lang][key] : CATALOGUES[lang][key].replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));

const isLang = (value: string | undefined): value is Lang => LANGUAGES.some((l) => l.id === value);

/** The user's own choice first, then what the browser prefers (RFC 9110, 12.5.4), then English. */
export function pickLanguage(choice: string | undefined, acceptLanguage: string | undefined): Lang {
  if (isLang(choice)) return choice;
  if (acceptLanguage === undefined) return 'en';
  const wanted = acceptLanguage.slice(0, MAX_HEADER).split(',').map((part, at) => {
    const [tag = '', ...params] = part.trim().toLowerCase().split(';');
    const q = params.map((p) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
    return { id: tag.split('-')[0], weight: q === undefined ? 1 : Number(q), at };
  });
  const best = wanted.filter((w) => w.weight > 0 && isLang(w.id)).sort((a, b) => b.weight - a.weight || a.at - b.at)[0];
  return isLang(best?.id) ? best.id : 'en';
}

const MAX_HEADER = 512;

/** Sizes for people; binary steps with their own names. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
