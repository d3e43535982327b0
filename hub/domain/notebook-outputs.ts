import type { CellOutput } from './notebook';

const MOST_OUTPUTS = 20;
const LONGEST_TEXT = 10_000;
/** Of all outputs of a notebook together. */
const MOST_TEXT = 200_000;
/** In Base64; pictures are part of the page. */
const LARGEST_IMAGE = 1_000_000;
const MOST_IMAGES = 3_000_000;
const IMAGES = [['image/png', 'iVBORw0KGgo'], ['image/jpeg', '/9j/']] as const;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Colours and movements of a terminal. */
const TERMINAL = /\u001b\[[0-9;?]*[A-Za-z]/g;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const LEFT_OUT: CellOutput = { kind: 'left-out' };

/** Reads the outputs of one cell after the other of one notebook, and counts what they take together. */
export function createOutputs(): (value: unknown) => readonly CellOutput[] {
  let text = MOST_TEXT;
  let images = MOST_IMAGES;

  const words = (kind: 'text' | 'error', value: unknown): CellOutput => {
    const all = joined(value).replace(TERMINAL, '');
    const shown = all.slice(0, Math.min(LONGEST_TEXT, text));
    text -= shown.length;
    return shown === '' && all !== '' ? LEFT_OUT : { kind, text: shown.length < all.length ? `${shown}…` : shown };
  };

  const image = (data: Json): CellOutput | undefined => {
    for (const [type, start] of IMAGES) {
      const found = joined(data[type]).replace(/\s/g, '');
      if (found === '' || !found.startsWith(start) || !BASE64.test(found)) continue;
      if (found.length > Math.min(LARGEST_IMAGE, images)) return LEFT_OUT;
      images -= found.length;
      return { kind: 'image', type, data: found };
    }
    return undefined;
  };

  const one = (output: unknown): CellOutput => {
    if (!isObject(output)) return LEFT_OUT;
    if (output['output_type'] === 'stream') return words('text', output['text']);
    if (output['output_type'] === 'error') return words('error', Array.isArray(output['traceback']) ? output['traceback'].filter((line) => typeof line === 'string').join('\n') : output['evalue']);
    const data = isObject(output['data']) ? output['data'] : {};
    // Many kinds of the same thing: a table comes as markup and as text.
    return image(data) ?? (data['text/plain'] === undefined ? LEFT_OUT : words('text', data['text/plain']));
  };

  return (value) => {
    if (!Array.isArray(value)) return [];
    const shown = value.slice(0, MOST_OUTPUTS).map(one);
    return value.length > MOST_OUTPUTS ? [...shown, LEFT_OUT] : shown;
  };
}

/** Jupyter writes lines; a text is allowed as well. */
const joined = (value: unknown): string => (Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : typeof value === 'string' ? value : '');
