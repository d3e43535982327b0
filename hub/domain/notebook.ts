import { createOutputs } from './notebook-outputs';

/** One cell, as a preview shows it. `raw` is shown as code. */
export interface NotebookCell {
  readonly kind: 'markdown' | 'code' | 'raw';
  readonly source: string;
  /** What its code wrote when it ran last; absent: not looked at. */
  readonly outputs?: readonly CellOutput[];
}

/** What can be shown of an output without believing it: words as words, and pictures of two kinds that hold no program. */
export type CellOutput =
  | { readonly kind: 'text' | 'error'; readonly text: string }
  /** `data`: in Base64. */
  | { readonly kind: 'image'; readonly type: 'image/png' | 'image/jpeg'; readonly data: string }
  /** There is one, and nothing of it is shown: markup, a program, or more than fits. */
  | { readonly kind: 'left-out' };

/** What a preview shows of a notebook. Nothing in it is markup: that would be of somebody else's making. */
export interface NotebookPreview {
  /** Of its code, e.g. `python`; empty: it does not say. */
  readonly language: string;
  readonly cells: readonly NotebookCell[];
  /** Cells that it has beyond those. */
  readonly more: number;
}

type Json = Readonly<Record<string, unknown>>;

const MOST_CELLS = 200;
const LONGEST_CELL = 20_000;
/** Of all cells together: nobody reads more of a preview, and a page has to be made of it. */
const MOST_TEXT = 400_000;
const LANGUAGE = /^[a-zA-Z0-9+#_-]{1,30}$/;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const objectAt = (from: unknown, key: string): Json => (isObject(from) && isObject(from[key]) ? from[key] : {});

/** Whether this is a notebook of format 4, the one that Jupyter has written since 2014. */
export const isNotebook = (value: unknown): value is Json & { readonly cells: readonly unknown[] } => isObject(value) && value['nbformat'] === 4 && Array.isArray(value['cells']);

/** Its words and its code. undefined: it is no notebook of format 4. What is odd in one is left out. */
export const previewOf = (value: unknown): NotebookPreview | undefined => read(value, undefined);

/** The same with its outputs, as somebody keeps it. */
export const notebookOf = (value: unknown): NotebookPreview | undefined => read(value, createOutputs());

function read(value: unknown, outputs: ReturnType<typeof createOutputs> | undefined): NotebookPreview | undefined {
  if (!isNotebook(value)) return undefined;
  const name = objectAt(value['metadata'], 'language_info')['name'];
  let left = MOST_TEXT;
  const cells = value.cells.slice(0, MOST_CELLS).flatMap((cell) => {
    if (!isObject(cell)) return [];
    const source = sourceOf(cell['source']).slice(0, left);
    left -= source.length;
    const kind = kindOf(cell['cell_type']);
    return [{ kind, source, ...(outputs === undefined || kind !== 'code' ? {} : { outputs: outputs(cell['outputs']) }) }];
  });
  return { language: typeof name === 'string' && LANGUAGE.test(name) ? name : '', cells, more: Math.max(0, value.cells.length - MOST_CELLS) };
}

const kindOf = (type: unknown): NotebookCell['kind'] => (type === 'markdown' || type === 'code' ? type : 'raw');

/** Jupyter writes lines; a text is allowed as well. */
function sourceOf(source: unknown): string {
  const text = Array.isArray(source) ? source.filter((line) => typeof line === 'string').join('') : typeof source === 'string' ? source : '';
  return text.slice(0, LONGEST_CELL);
}
