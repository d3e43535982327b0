import { InvalidArgumentError, type Command } from 'commander';
import { LONGEST_NOTICE, NOTICE_STATES, NOTICE_TYPES } from '../domain/notice';
import { hubClient } from './hub-client';
import { type Io, printable, table } from './io';
import { moment } from './maintenance';

interface Detail {
  readonly username: string;
  readonly status: string;
  readonly error?: string;
}
interface Sent {
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly details: readonly Detail[];
}
interface Message extends Sent {
  readonly id: string;
  readonly message: string;
  readonly variant: string;
  readonly phase: string;
  readonly by: string;
  readonly from: string;
  readonly until: string;
  readonly waiting: number;
}
interface Ask {
  readonly type: string;
  readonly autoClose?: boolean | number;
  readonly user?: readonly string[];
  readonly group?: readonly string[];
  readonly state?: readonly string[];
  readonly at?: string;
  readonly until?: string;
  readonly json: boolean;
}

/** `berth notify`: messages to people, in their labs and on the hub's pages. */
export function addNotify(program: Command, io: Io): void {
  const root = program.command('notify').description('Send messages to people in their labs and on the hub\'s pages, and see what became of them.');
  const hub = () => hubClient(io);
  const add = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  example(root.command('send').description('Send a message. Everybody gets it, unless recipients are named.').argument('<message>', `up to ${LONGEST_NOTICE} characters`), 'berth notify send "The disk is full tonight." --type warning --group quants --until +2h')
    .option('--type <type>', NOTICE_TYPES.join(', '), 'info')
    .option('--auto-close [seconds]', 'labs close it by themselves, after a few seconds or after so many', closing)
    .option('--user <name>', 'for this user; may be given more than once', add)
    .option('--group <name>', 'for the members of this group; may be given more than once', add)
    .option('--state <state>', `only those whose server is so: ${NOTICE_STATES.join(', ')}; may be given more than once`, add)
    .option('--at <time>', 'when it is sent: "+30m", or a time of this machine such as 2026-01-31T18:00')
    .option('--until <time>', 'from when on it is shown nowhere; seven days later unless given')
    .option('--json', 'as JSON', false)
    .action(async (message: string, ask: Ask) => {
      const sent = await hub().request<Sent>('POST', 'notifications/broadcast', bodyOf(message, ask));
      if (ask.json) io.out(JSON.stringify(sent, null, 2));
      else saySent(io, sent, ask.at !== undefined && ask.at !== 'now');
    });
  example(root.command('list').description('Messages, newest first.'), 'berth notify list --json')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { readonly json: boolean }) => {
      const messages = await hub().all<Message>('notifications');
      if (json) io.out(JSON.stringify(messages, null, 2));
      else table(['ID', 'STATE', 'FROM', 'TYPE', 'DELIVERED', 'FAILED', 'WAITING', 'MESSAGE'], messages.map((m) => [m.id, m.phase, m.from, m.variant, `${m.successful}/${m.total}`, String(m.failed), String(m.waiting), m.message])).forEach((line) => io.out(line));
    });
  example(root.command('show').description('A message, and what became of it for each person.').argument('<id>'), 'berth notify show 6f1c0a52-…')
    .action(async (id: string) => {
      const m = await hub().request<Message>('GET', `notifications/${encodeURIComponent(id)}`);
      io.out(`${printable(m.message)} (${m.variant}, ${m.phase}, by ${printable(m.by)}, ${m.from} until ${m.until})`);
      table(['USER', 'LAB', ''], m.details.map(({ username, status, error = '' }) => [username, status, error])).forEach((line) => io.out(line));
    });
  example(root.command('end').description('End a message now: nobody gets or sees it any more.').argument('<id>'), 'berth notify end 6f1c0a52-…')
    .action(async (id: string) => {
      await hub().request('POST', `notifications/${encodeURIComponent(id)}/expire`, {});
      io.out('It is over.');
    });
  example(root.command('delete').description('Remove a message and what became of it; one that is to be sent is not sent.').argument('<id>'), 'berth notify delete 6f1c0a52-…')
    .action(async (id: string) => {
      await hub().request('DELETE', `notifications/${encodeURIComponent(id)}`);
      io.out('It is gone.');
    });
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

function closing(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Give whole seconds.');
  return Number(text) * 1000;
}

const bodyOf = (message: string, { type, autoClose, user, group, state, at, until }: Ask): object => ({
  message, variant: type, autoClose: autoClose ?? false, recipients: user, groups: group, states: state, ...(at === undefined ? {} : { from: moment(at) }), ...(until === undefined ? {} : { until: moment(until) }),
});

function saySent(io: Io, { total, successful, details }: Sent, later: boolean): void {
  if (later) return io.out('It will be sent.');
  io.out(total === 0 ? 'Nobody has a running lab now: it is on the hub\'s pages, and in labs when they start.' : `${successful} of ${total} who have a running lab got it.`);
  for (const { username, error } of details) if (error !== undefined) io.out(`${printable(username)}: ${printable(error)}`);
}
