import type { Readable } from 'node:stream';
import type { Actor } from '../domain/access';
import type { FilePath } from '../domain/file-path';
import type { FolderPage } from '../domain/folder';
import type { NotebookPreview } from '../domain/notebook';
import type { User } from '../domain/user';
import type { Volume } from '../domain/volume';
import type { Download } from './contract';

/** Where something is: `volume` is the id of one, or what the active one is for; `path` as somebody wrote it. */
export interface WhereAsk {
  readonly volume: string;
  readonly path: string;
}

/** The same, after it was found to be a place. */
export interface Where {
  readonly volume: Volume;
  readonly path: FilePath;
}

export interface FileDownload extends Omit<Download, 'fileName'> {
  /** As it is called, whatever that holds. */
  readonly name: string;
  readonly bytes: number;
  readonly stream: Readable;
}

/** A file as far as a page shows it. */
export type FilePreview =
  | { readonly kind: 'notebook'; readonly notebook: NotebookPreview }
  /** `cut`: there is more. */
  | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
  /** `large`: a notebook of which nothing can be shown without all of it. `binary`: it is no text. */
  | { readonly kind: 'none'; readonly why: 'large' | 'binary' | 'no-notebook' };

/**
 * Files of users, read and never changed, whether or not a server runs. One's own with `access:servers`, others' with what a download of
 * their volumes takes. A person who looks into others' files confirms that before, which is written down once an hour and shown to the owner;
 * a program's first look in an hour is written down by itself. Every download is. Throws `not-found` and `invalid-input` as the spawner does,
 * and `rate-limited` beyond a few at a time.
 */
export interface Files {
  /** Where this is. Throws `invalid-input` when the path is no path. Opens nothing. */
  locate(actor: Actor, owner: User, ask: WhereAsk): Where;
  /** Whether this actor has to confirm first. */
  mustConfirm(actor: Actor, owner: User): boolean;
  confirm(actor: Actor, owner: User): void;
  list(actor: Actor, owner: User, ask: WhereAsk & { readonly offset: number; readonly limit: number }, signal: AbortSignal): Promise<FolderPage & Where>;
  download(actor: Actor, owner: User, ask: WhereAsk, signal: AbortSignal): Promise<FileDownload>;
  archive(actor: Actor, owner: User, ask: WhereAsk, signal: AbortSignal): Promise<Download>;
  preview(actor: Actor, owner: User, ask: WhereAsk, signal: AbortSignal): Promise<FilePreview & { readonly bytes: number; readonly modified: Date } & Where>;
}
