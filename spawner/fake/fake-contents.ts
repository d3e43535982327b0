interface ContentsRequest {
  readonly method: string;
  /** Decoded, below `api/contents/`. */
  readonly path: string;
  readonly text: string;
}

interface ContentsAnswer {
  readonly status: number;
  readonly body: object;
}

/** Jupyter's contents API, as far as a hub uses it to put a file into a workspace. */
export function answerContents({ files, full }: { readonly files: Map<string, unknown>; readonly full: boolean }, { method, path, text }: ContentsRequest): ContentsAnswer {
  const missing: ContentsAnswer = { status: 404, body: { message: `No such file or directory: ${path}` } };
  switch (method) {
    case 'PUT':
      if (full) return { status: 500, body: { message: 'Unexpected error while saving file: No space left on device' } };
      files.set(path, (JSON.parse(text) as { content?: unknown }).content);
      return { status: 201, body: { path, type: 'notebook' } };
    case 'PATCH':
      return files.has(path) ? rename(files, path, (JSON.parse(text) as { path: string }).path) : missing;
    case 'DELETE':
      return files.delete(path) ? { status: 204, body: {} } : missing;
    default:
      return files.has(path) ? { status: 200, body: { path, type: 'notebook' } } : missing;
  }
}

function rename(files: Map<string, unknown>, from: string, to: string): ContentsAnswer {
  if (files.has(to)) return { status: 409, body: { message: `File already exists: ${to}` } };
  files.set(to, files.get(from));
  files.delete(from);
  return { status: 200, body: { path: to, type: 'notebook' } };
}
