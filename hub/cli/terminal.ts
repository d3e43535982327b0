import { createInterface } from 'node:readline/promises';
import { HubError } from '../domain/errors';
import type { Io } from './io';

/** The real world: this process's terminal and environment. */
export const terminal = (): Io => ({
  env: process.env,
  cwd: process.cwd(),
  out: (line) => void process.stdout.write(`${line}\n`),
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
