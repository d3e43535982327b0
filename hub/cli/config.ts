import type { Command } from 'commander';
import { effective, loadConfig } from '../config';
import { hubClient, runningHub } from './hub-client';
import { type Io, table } from './io';

/** `berth config …`: what the hub would start with, and what was changed in it. */
export function addConfig(program: Command, io: Io): void {
  const config = program.command('config').description('The settings of the hub.');
  config
    .command('check')
    .description('Look for mistakes in the config file and the environment, all at once.')
    .addHelpText('after', '\nExample:\n  HUB_SERVER_IDLE_LIMIT=8h berth config check')
    .action(() => check(io));
  config
    .command('show')
    .description('Every setting, its value and where that comes from, with what was changed in the running hub; secrets are hidden.')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  berth config show --json')
    .action((opts: { json: boolean }) => show(io, opts.json));
  config
    .command('set <setting> <value>')
    .description('Change a setting of the running hub; it counts at once, and after a restart too.')
    .addHelpText('after', '\nExample:\n  berth config set server.idleLimit 8h')
    .action((setting: string, value: string) => change(io, { set: { [setting]: value } }));
  config
    .command('reset <setting...>')
    .description('Let settings of the running hub be as they are configured.')
    .addHelpText('after', '\nExample:\n  berth config reset server.idleLimit signup')
    .action((settings: string[]) => change(io, { reset: settings }));
}

interface Row {
  readonly setting: string;
  readonly value: unknown;
  readonly changed: { readonly by: string } | null;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function change(io: Io, changes: { readonly set?: Readonly<Record<string, string>>; readonly reset?: readonly string[] }): Promise<void> {
  const rows = await hubClient(io).request<readonly Row[]>('PATCH', 'settings', changes);
  for (const row of rows) io.note(`${row.setting} is ${text(row.value)} now.`);
}

function check(io: Io): void {
  const { config, file } = loadConfig(io.env, io.cwd);
  io.out(`The configuration is fine${file === null ? '' : ` (${file})`}. The hub would serve ${config.publicUrl} and keep its state in ${config.dataDir}.`);
}

async function show(io: Io, json: boolean): Promise<void> {
  const { config, sources } = loadConfig(io.env, io.cwd);
  const running = await runningHub(config);
  const changed = new Map(running === undefined ? [] : (await hubClient(io).request<readonly Row[]>('GET', 'settings')).filter((row) => row.changed !== null).map((row) => [row.setting, row]));
  const rows = effective(config, sources).map((row) => {
    const here = changed.get(row.setting);
    return here === undefined ? row : { ...row, value: here.value, source: `changed in the hub by ${here.changed?.by ?? ''}` };
  });
  if (json) return io.out(JSON.stringify(rows, null, 2));
  table(['SETTING', 'VALUE', 'FROM'], rows.map((row) => [row.setting, text(row.value), row.source])).forEach((line) => io.out(line));
}
