/** A copy of the hub's database. It was complete, checked and on the disk before it got its name. */
export interface BackupFile {
  readonly name: string;
  readonly path: string;
  readonly at: Date;
  readonly bytes: number;
}

export interface Backup extends BackupFile {
  /** Number of the last migration that it has. */
  readonly schema: number;
  /** Rows of each table, as they were counted in the copy. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Key in the store's `meta` of what a restore leaves for the next start of the hub, which writes it into the audit log. */
export const RESTORED = 'restored';
