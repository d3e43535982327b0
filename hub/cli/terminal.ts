import { createInterface } from 'node:readline/promises';
import { HubError } from '../domain/errors';
import type { Io } from './io';

/** As a shell has it for a program that a closed pipe ended. */
const BROKEN_PIPE = 141;
let watched = false;

/** A reader that has seen enough, such as `head`, ends a command without a word. The hub itself writes its log elsewhere, and goes on. */
function endWithReader(): void {
  if (watched) return;
  watched = true;
  process.stdout.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code !== 'EPIPE') throw err;
    process.exit(BROKEN_PIPE);
  });
}

/** The real world: this process's terminal and environment. */
export const terminal = (): Io => ({
  env: process.env,
  cwd: process.cwd(),
  out: (line) => {
    endWithReader();
    process.stdout.write(`${line}\n`);
  },
  note: (line) => void process.stderr.write(`${line}\n`),
  ask: async (question) => {
    if (!process.stdin.isTTY) throw new HubError('invalid-input', 'This asks for a confirmation, and there is no terminal to answer on. See --help for the switch that answers beforehand.');
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await prompt.question(question);
    } finally {
      prompt.close();
    }
  },
});
