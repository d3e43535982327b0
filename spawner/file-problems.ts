import { HubError } from '../hub/domain/errors';
import { filePathOf, namesOf, type FilePath } from '../hub/domain/file-path';

/** Why a place cannot be read: nothing is there; a link or another kind of thing is; or it could not be opened. */
export type FileProblem = 'missing' | 'unfit' | 'unreadable';

const SENTENCES = {
  missing: ['not-found', 'There is no such file or folder any more. Go back to its folder and reload the page.'],
  unfit: ['invalid-input', 'Only plain files and folders are read here: links are not followed, and pipes, sockets and devices are not opened.'],
  unreadable: ['unavailable', 'This could not be read. Start a server and look at it there.'],
} as const;

export const fileProblem = (problem: FileProblem, cause?: unknown): HubError => new HubError(SENTENCES[problem][0], SENTENCES[problem][1], cause === undefined ? {} : { cause });

/** Names down to it. Looked at once more where they are used: whatever asked, nothing leads up from here. */
export function namesDownTo(path: FilePath): readonly string[] {
  if (filePathOf(path) === undefined) throw fileProblem('unfit');
  return namesOf(path);
}

export const noFilesYet = (): HubError => new HubError('not-found', 'There are no files yet: no server was started with this volume.');
