import type { Command } from 'commander';
import { HubError } from '../domain/errors';
import { hubClient } from './hub-client';
import { type Io, printable } from './io';

interface Model {
  readonly phase: 'announced' | 'closing' | 'active' | 'over' | null;
  readonly from?: string;
  readonly until?: string | null;
  readonly message?: string;
  readonly by?: string;
  readonly servers?: { readonly stopping: number; readonly stopped: number; readonly starting: number; readonly started: number; readonly refused: number };
}

interface Announcement {
  readonly at: string;
  readonly until?: string;
  readonly message: string;
}

/** `berth maintenance`: a time at which every server is stopped, and what ran then started again. */
export function addMaintenance(program: Command, io: Io): void {
  const root = program.command('maintenance').description('Announce a time at which every server is stopped, end it, and start again what ran.');
  const hub = () => hubClient(io);
  example(root.command('announce').description('Tell everybody when. From ten minutes before it nobody but administrators starts servers.'), 'berth maintenance announce --at 2026-01-31T18:00 --message "New disks."')
    .requiredOption('--at <time>', 'when it begins: "now", "+30m", "+2h", or a time of this machine such as 2026-01-31T18:00')
    .option('--until <time>', 'when it is expected to be over')
    .option('--message <text>', 'what people should know', '')
    .action(async ({ at, until, message }: Announcement) => {
      const body = { from: moment(at), message, ...(until === undefined ? {} : { until: moment(until) }) };
      say(io, await hub().request<Model>('PUT', 'maintenance', body));
    });
  example(root.command('end').description('Take an announcement back, or end a maintenance: servers may be started again.'), 'berth maintenance end')
    .action(async () => {
      await hub().request('DELETE', 'maintenance');
      say(io, await hub().request<Model>('GET', 'maintenance'));
    });
  example(root.command('restore').description('Start what was running when the maintenance began.'), 'berth maintenance restore')
    .action(async () => say(io, await hub().request<Model>('POST', 'maintenance/restore', {})));
  example(root.command('status').description('Whether one is announced or goes on.'), 'berth maintenance status --json')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { readonly json: boolean }) => {
      const model = await hub().request<Model>('GET', 'maintenance');
      if (json) io.out(JSON.stringify(model, null, 2));
      else say(io, model);
    });
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment in the form of the API. A time without a zone is this machine's, as people at its shell mean it. */
export function moment(text: string, now: Date = new Date()): string {
  const ahead = /^\+(\d{1,4})([mhd])$/.exec(text);
  const at = text === 'now' ? now : ahead === null ? new Date(text) : new Date(now.getTime() + Number(ahead[1]) * (UNITS[ahead[2] ?? ''] ?? 0));
  // Without its time of day a date would mean midnight in Greenwich.
  if (Number.isNaN(at.getTime()) || /^\d{4}-\d\d-\d\d$/.test(text)) throw new HubError('invalid-input', `${printable(text)} is not a time. Write "now", "+30m", or a time such as 2026-01-31T18:00.`);
  return at.toISOString();
}

const PHASES = { announced: 'announced', closing: 'about to begin: nobody but administrators starts servers', active: 'going on: nobody but administrators starts servers', over: 'over' } as const;

function say(io: Io, { phase, from, until, message, by, servers }: Model): void {
  if (phase === null) return io.out('No maintenance is announced.');
  io.out(`Maintenance: ${PHASES[phase]}.`);
  io.out(`From ${from ?? '?'}${until === null || until === undefined ? '' : ` until about ${until}`}, announced by ${printable(by ?? '?')}.${message === undefined || message === '' ? '' : ` ${printable(message)}`}`);
  if (servers === undefined || (phase !== 'active' && phase !== 'over')) return;
  io.out(`Servers that ran: ${servers.stopping} being stopped, ${servers.stopped} stopped, ${servers.starting} to be started, ${servers.started} started or in line, ${servers.refused} that could not be started.`);
  if (phase === 'over' && servers.stopped + servers.refused > 0) io.out('Start them with: berth maintenance restore');
}
