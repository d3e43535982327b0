import type { Command } from 'commander';
import type * as Main from '../main';

/** `berth start`: the hub itself, in the foreground. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description('Run the hub in the foreground until it is told to stop. `npm start` also installs and builds what is missing.')
    .option('--spawner <kind>', 'what runs servers, instead of the setting `spawner`: docker, or process for labs without containers on a laptop')
    .addHelpText('after', '\nExamples:\n  HUB_LISTEN_PORT=8080 berth start\n  berth start --spawner process')
    // Loaded only here: the other commands should not wait for the whole hub.
    .action(({ spawner }: { readonly spawner?: string }) => (require('../main') as typeof Main).runHub({ ...process.env, ...(spawner === undefined ? {} : { HUB_SPAWNER: spawner }) }));
}
