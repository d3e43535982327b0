/** A place below the folder of one volume: names joined by `/`. Empty: that folder itself. */
export type FilePath = string & { readonly __brand: 'FilePath' };

/** Of one name and of a whole path, in bytes: what Linux takes. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4_095;
const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;

const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && bytesOf(name) <= LONGEST_NAME;

/**
 * undefined: it is no such place. There is one spelling for each place, so nothing is put right here: no `.` or `..`, no empty name, so no
 * slash at an end, no NUL, nothing that is not text. Everything else is a name like any other, a backslash and `%2e` included: it is looked
 * up as it stands, below its folder, and leads nowhere else (L01).
 */
export function filePathOf(text: string): FilePath | undefined {
  if (text === '') return text as FilePath;
  if (text.length > LONGEST_PATH || bytesOf(text) > LONGEST_PATH || text.includes('\0') || !text.isWellFormed()) return undefined;
  return text.split('/').every(isName) ? (text as FilePath) : undefined;
}

/** Names from the volume's folder down to it; none for that folder. */
export const namesOf = (path: FilePath): readonly string[] => (path === '' ? [] : path.split('/'));

/** What it is called; empty for the volume's folder. */
export const nameOfPath = (path: FilePath): string => namesOf(path).at(-1) ?? '';

/** undefined: no such name can be. */
export const below = (folder: FilePath, name: string): FilePath | undefined => (name.includes('/') ? undefined : filePathOf(folder === '' ? name : `${folder}/${name}`));
