/** One thing in a folder of a volume. */
export interface FolderEntry {
  /** Where it is no text, with a mark in place of what is not. */
  readonly name: string;
  /** `link`: never followed. `other`: a pipe, a socket, a device, or a name that is no text; nothing can be read there. */
  readonly kind: 'folder' | 'file' | 'link' | 'other';
  /** Of a file; null for everything else. */
  readonly bytes: number | null;
  /** null: it went away while the folder was read. */
  readonly modified: Date | null;
}

/** Part of a folder: folders first, then by name. */
export interface FolderPage {
  readonly entries: readonly FolderEntry[];
  /** In the whole folder; where it has more than `MOST_ENTRIES`, that many. */
  readonly total: number;
  /** False: it has more than are ever looked at. */
  readonly complete: boolean;
}

/** Names that are read of one folder; who has more reads them in a lab. */
export const MOST_ENTRIES = 100_000;
/** What a name has in place of bytes that are no text. */
export const NO_TEXT = '\ufffd';
