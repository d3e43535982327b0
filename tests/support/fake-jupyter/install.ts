import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface FakeJupyter {
  /** A folder for the PATH, with `jupyter`, `jupyter-lab` and `jupyter-server` in it. */
  readonly bin: string;
  remove(): void;
}

/** Puts a pretended Jupyter where a PATH finds it. */
export function installFakeJupyter(programs: readonly string[] = ['jupyter', 'jupyter-lab', 'jupyter-server']): FakeJupyter {
  const bin = mkdtempSync(path.join(tmpdir(), 'berth-jupyter-'));
  for (const program of programs) {
    const file = path.join(bin, program);
    writeFileSync(file, `#!/bin/sh\nexec ${process.execPath} ${path.join(__dirname, 'jupyter.cjs')} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return { bin, remove: () => rmSync(bin, { recursive: true, force: true }) };
}
