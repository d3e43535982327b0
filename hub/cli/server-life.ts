import type { Command } from 'commander';
import { HubError } from '../domain/errors';
import { escapeSegment } from '../urls';
import { hubClient, userPath } from './hub-client';
import { type Io, printable } from './io';

interface EndModel {
  readonly at: string;
  readonly exit_code: number | null;
  readonly memory_text: string | null;
  readonly summary: string;
  readonly advice: string;
  readonly log: readonly string[];
}

interface TruthModel {
  readonly last_end: EndModel | null;
  readonly kernel_killed: { readonly summary: string; readonly advice: string } | null;
  readonly paused_since: string | null;
  readonly detached_since: string | null;
}

/** `berth restart`, `recreate` and `logs`: a running server once more, and what it writes. */
export function addServerLife(program: Command, io: Io): void {
  const named = (command: Command): Command => command.argument('<user>').argument('[server]', 'name of a named server', '');
  example(named(program.command('restart')).description('End a running server and start it again in the same container. Kernels and memory are lost, files stay.'), 'berth restart alice')
    .option('-y, --yes', 'do not ask', false)
    .action((user: string, server: string, opts: { yes: boolean }) => again(io, { user, server, verb: 'restart', ask: !opts.yes }));
  example(named(program.command('recreate')).description('Replace the container of a running server, with the settings of now. Its volumes stay, the rest of its files is lost.'), 'berth recreate alice')
    .option('-y, --yes', 'do not ask', false)
    .option('--profile <slug>', 'and with this profile')
    .action((user: string, server: string, opts: { yes: boolean; profile?: string }) => again(io, { user, server, verb: 'recreate', ask: !opts.yes, ...(opts.profile === undefined ? {} : { profile: opts.profile }) }));
  example(named(program.command('logs')).description('The last lines that a server wrote.'), 'berth logs alice -f')
    .option('-f, --follow', 'go on until it ends', false)
    .option('-n, --lines <number>', 'how many', '100')
    .action((user: string, server: string, opts: { follow: boolean; lines: string }) => logs(io, { user, server, ...opts }));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

const pathOf = (user: string, server: string, rest: string): string => userPath(user, server === '' ? `server/${rest}` : `servers/${escapeSegment(server)}/${rest}`);
const called = (user: string, server: string): string => `The server ${server === '' ? '' : `${printable(server)} `}of ${printable(user)}`;

interface Again {
  readonly user: string;
  readonly server: string;
  readonly verb: 'restart' | 'recreate';
  readonly ask: boolean;
  readonly profile?: string;
}

const ENDS = {
  restart: 'ends with all its kernels and terminals and starts again. Its files stay.',
  recreate: 'ends with all its kernels and terminals, and its container is replaced. Its volumes stay; what was written outside of them is lost.',
} as const;

async function again(io: Io, { user, server, verb, ask, profile }: Again): Promise<void> {
  const hub = hubClient(io);
  if (ask) {
    const typed = await io.ask(`${called(user, server)} ${ENDS[verb]} Type the name of the user to go on: `);
    if (typed.trim() !== user) throw new HubError('invalid-input', 'That is another name: nothing was done.');
  }
  await hub.request('POST', verb === 'restart' && server === '' ? userPath(user, 'restart-server') : pathOf(user, server, verb), profile === undefined ? undefined : { profile });
  const { ready } = await hub.request<{ readonly ready: boolean }>('GET', userPath(user, server === '' ? 'server' : `servers/${escapeSegment(server)}`));
  if (!ready) await followed(io, hub.events<ProgressEvent>(pathOf(user, server, 'progress')));
  io.out(`${called(user, server)} runs again.`);
}

interface ProgressEvent {
  readonly message: string;
  readonly ready?: boolean;
  readonly failed?: boolean;
}

async function followed(io: Io, events: AsyncIterable<ProgressEvent>): Promise<void> {
  for await (const event of events) {
    if (event.failed === true) throw new HubError('spawn-failed', event.message);
    if (event.ready === true) return;
    io.note(printable(event.message));
  }
}

async function logs(io: Io, { user, server, follow, lines }: { readonly user: string; readonly server: string; readonly follow: boolean; readonly lines: string }): Promise<void> {
  const path = `${pathOf(user, server, 'logs')}?lines=${encodeURIComponent(lines)}`;
  const show = (found: readonly string[]): void => found.forEach((line) => io.out(printable(line)));
  if (!follow) return show((await hubClient(io).request<{ readonly lines: readonly string[] }>('GET', path)).lines);
  for await (const event of hubClient(io).events<{ readonly lines?: readonly string[]; readonly message?: string }>(`${path}&follow=1`)) {
    show(event.lines ?? []);
    if (event.message !== undefined) throw new HubError('unavailable', event.message);
  }
}

/** Why a server of somebody ended, or is not well. */
export async function why(io: Io, user: string, server = ''): Promise<void> {
  const { last_end: end, kernel_killed: kernel, paused_since: paused, detached_since: detached } = await hubClient(io).request<TruthModel>('GET', pathOf(user, server, 'post-mortem'));
  if (paused !== null) io.out(`Paused outside the hub since ${paused}.`);
  if (detached !== null) io.out(`Cut off from its network since ${detached}.`);
  if (kernel !== null) io.out(`${kernel.summary} ${kernel.advice}`);
  if (end === null) return io.out(`${called(user, server)} has not ended yet.`);
  io.out(`Ended ${end.at}: ${end.summary}`);
  io.out(`Exit code: ${end.exit_code ?? 'unknown'}${end.memory_text === null ? '' : `. Memory: ${end.memory_text}`}`);
  io.out(`What to do: ${end.advice}`);
  end.log.forEach((line) => io.out(`  ${printable(line)}`));
}
