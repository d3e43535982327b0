import type { Command } from 'commander';
import type * as Main from '../main';

/** `berth start`: the hub itself, in the foreground. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description('Run the hub in the foreground until it is told to stop. `npm start` also installs and builds what is missing.')
    .addHelpText('after', '\nExample:\n  HUB_LISTEN_PORT=8080 berth start')
    // Loaded only here: the other commands should not wait for the whole hub.
    .action(() => (require('../main') as typeof Main).runHub());
}
