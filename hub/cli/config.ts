import type { Command } from 'commander';
import { effective, loadConfig } from '../config';
import { type Io, table } from './io';

/** `berth config …`: what the hub would start with. */
export function addConfig(program: Command, io: Io): void {
  const config = program.command('config').description('The settings that the hub would start with.');
  config
    .command('check')
    .description('Look for mistakes in the config file and the environment, all at once.')
    .addHelpText('after', '\nExample:\n  HUB_SERVER_IDLE_LIMIT=8h berth config check')
    .action(() => check(io));
  config
    .command('show')
    .description('Every setting, its value and where that comes from; secrets are hidden.')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  berth config show --json')
    .action((opts: { json: boolean }) => show(io, opts.json));
}

function check(io: Io): void {
  const { config, file } = loadConfig(io.env, io.cwd);
  io.out(`The configuration is fine${file === null ? '' : ` (${file})`}. The hub would serve ${config.publicUrl} and keep its state in ${config.dataDir}.`);
}

function show(io: Io, json: boolean): void {
  const { config, sources } = loadConfig(io.env, io.cwd);
  const rows = effective(config, sources);
  if (json) return io.out(JSON.stringify(rows, null, 2));
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  table(['SETTING', 'VALUE', 'FROM'], rows.map((row) => [row.setting, text(row.value), row.source])).forEach((line) => io.out(line));
}
