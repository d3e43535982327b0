import type { Command } from 'commander';
import { escapeSegment } from '../urls';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface Row {
  readonly user: string;
  readonly server: string;
  readonly profile: string | null;
  readonly position: number;
  /** Seconds; null: nobody can say. */
  readonly estimate: number | null;
  readonly jumped: boolean;
  readonly since: string;
}

interface Options {
  readonly jump?: string;
  readonly server: string;
  readonly json: boolean;
}

/** `berth queue`: who waits for a place. */
export function addQueue(program: Command, io: Io): void {
  program.command('queue').description('Who waits for a place, the next one first.')
    .option('--jump <user>', 'put this user in front of the line')
    .option('--server <name>', 'with --jump: the named server that waits', '')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  berth queue --jump alice')
    .action((opts: Options) => queue(io, opts));
}

async function queue(io: Io, { jump, server, json }: Options): Promise<void> {
  const hub = hubClient(io);
  if (jump !== undefined) {
    const { waiting } = await hub.request<{ readonly waiting: boolean }>('POST', `${userPath(jump, server === '' ? 'server' : `servers/${escapeSegment(server)}`)}/jump`, {});
    io.note(waiting ? `${printable(jump)} is in front now, and starts as soon as there is room.` : `The server of ${printable(jump)} starts.`);
  }
  const rows = await hub.request<readonly Row[]>('GET', 'queue');
  if (json) return io.out(JSON.stringify(rows, null, 2));
  const line = (row: Row): string[] => [String(row.position), row.user, row.server === '' ? '-' : row.server, row.profile ?? '-', row.since, row.estimate === null ? 'unknown' : `${Math.ceil(row.estimate / 60)} min`, row.jumped ? 'yes' : '-'];
  table(['PLACE', 'USER', 'SERVER', 'PROFILE', 'SINCE', 'LIKELY WAIT', 'IN FRONT'], rows.map(line)).forEach((text) => io.out(text));
}
