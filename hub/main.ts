import path from 'node:path';
import { loadConfig, ConfigError, type Environment } from './config';
import { NO_ISOLATION } from '../spawner/process/settings';
import { createHub, type Hub } from './create-hub';
import { HubError } from './domain/errors';
import { createLog, type Log } from './log';

const SECOND_SIGNAL_EXIT = 130;

/** Loads the settings, starts the hub, prints where it is, and stays until it is told to end. */
export async function runHub(env: Environment = process.env): Promise<void> {
  const { config, sources } = loadConfig(env);
  // A person at a terminal needs the link and the address, not a stream of JSON that scrolls them away.
  const file = config.log.file ?? (process.stdout.isTTY ? path.join(config.dataDir, 'hub.log') : null);
  const log = createLog({ ...config.log, file });
  const hub = await createHub(config, log, {}, sources);
  process.on('uncaughtException', (err) => void giveUp(hub, log, err));
  process.on('unhandledRejection', (err) => void giveUp(hub, log, err));
  hub.onShutdown(() => void leave(hub, log, 'POST /hub/api/shutdown'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave(hub, log, signal));
  const link = hub.adminLink();
  const lines = [`Berth is ready at ${hub.url}`];
  if (link !== undefined) lines.push('', 'There is no administrator yet. This link makes one, once:', `  ${link}`, '');
  if (config.spawner === 'process') lines.push('', `Warning: ${NO_ISOLATION}`, '');
  if (file !== null) lines.push(`Log: ${file}`);
  if (process.stdout.isTTY) lines.push('Ctrl-C ends the hub; servers keep running.');
  // The link is for whoever started the hub: it goes to the terminal and never through the log.
  process.stdout.write(`${lines.join('\n')}\n`);
}

let leaving = false;

async function leave(hub: Hub, log: Log, signal: string): Promise<void> {
  if (leaving) process.exit(SECOND_SIGNAL_EXIT);
  leaving = true;
  log.info({ signal }, 'the hub ends; servers keep running');
  await hub.close();
  await log.close();
  process.exit(0);
}

/** Nobody knows what state we are in: write it down, stop accepting, let requests end, and leave (N09). */
async function giveUp(hub: Hub, log: Log, err: unknown): Promise<void> {
  log.error({ err }, 'uncaught error: the hub ends');
  if (leaving) process.exit(1);
  leaving = true;
  setTimeout(() => process.exit(1), 10_000).unref();
  await hub.close().catch((cause: unknown) => log.error({ err: cause }, 'the hub did not close cleanly'));
  await log.close();
  process.exit(1);
}

if (require.main === module) {
  runHub().catch((err: unknown) => {
    const known = err instanceof ConfigError || err instanceof HubError || (err instanceof Error && 'code' in err);
    process.stderr.write(`${known ? err.message : err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
    process.exit(1);
  });
}
