import { runCli } from './program';
import { terminal } from './terminal';

/** Loaded by `bin/berth.cjs`. The exit code is set, not forced: output that is still on its way arrives. */
runCli(process.argv.slice(2), terminal()).then(
  (code) => {
    process.exitCode = code;
  },
  (err: unknown) => {
    process.stderr.write(`${err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
    process.exitCode = 1;
  },
);
