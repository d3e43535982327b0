import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Brand } from '../../views/layout';
import { HubError } from '../domain/errors';
import { STATIC_TYPES, type StaticFiles } from './static-files';

export interface BrandSettings {
  readonly name: string;
  /** Path of a picture; null: ours. */
  readonly logo: string | null;
  /** `#rrggbb`; null: ours. */
  readonly accent: string | null;
  readonly stage: string | null;
}

type OwnFiles = ReadonlyMap<string, { readonly body: Buffer; readonly type: string }>;

const MOST_BYTES = 200_000;
const PICTURES = new Set(['.svg', '.png', '.ico']);

const pictureOf = (logo: string): string => `logo${extname(logo).toLowerCase()}`;
const SHEET = 'brand.css';

/** What this hub adds to the static files. Throws `invalid-input` for a logo that cannot be shown. */
export function brandFiles({ logo, accent }: BrandSettings): OwnFiles {
  const own = new Map<string, { readonly body: Buffer; readonly type: string }>();
  if (logo !== null) own.set(pictureOf(logo), { body: readPicture(logo), type: STATIC_TYPES[extname(pictureOf(logo))] ?? '' });
  if (accent !== null) own.set(SHEET, { body: Buffer.from(`:root { --brand: ${accent}; }\n`), type: STATIC_TYPES['.css'] ?? '' });
  return own;
}

/** Name and stage change while the hub runs; the files are those of its start. */
export const brandOf = (settings: { readonly brand: BrandSettings }, files: StaticFiles): Brand => {
  const { logo, accent } = settings.brand;
  return {
    get name() {
      return settings.brand.name;
    },
    get stage() {
      return settings.brand.stage;
    },
    logo: logo === null ? null : files.url(pictureOf(logo)),
    style: accent === null ? null : files.url(SHEET),
  };
};

function readPicture(path: string): Buffer {
  if (!PICTURES.has(extname(path).toLowerCase())) throw new HubError('invalid-input', `brand.logo: ${path} is not an .svg, .png or .ico file.`);
  try {
    if (statSync(path).size > MOST_BYTES) throw new HubError('invalid-input', `brand.logo: ${path} is larger than 200 kB.`);
    return readFileSync(path);
  } catch (err) {
    if (err instanceof HubError) throw err;
    throw new HubError('invalid-input', `brand.logo: ${path} cannot be read.`, { cause: err });
  }
}
