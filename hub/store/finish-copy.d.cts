/** What was found in a copy. */
export interface CopyCheck {
  /** `ok`, or the first fault that SQLite names. */
  readonly found: string;
  /** Number of the last migration that it has. */
  readonly schema: number;
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Key in `meta` while a hub has the database open. */
export declare const OPEN_MARK: string;

/** Makes the file stand alone, checks all of it and puts it on the disk. Throws SQLite's error for a file that is no database. */
export declare function finishCopy(path: string): CopyCheck;
