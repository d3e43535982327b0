import type { Command } from 'commander';
import { escapeSegment } from '../urls';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface LeaseModel {
  readonly id: string;
  readonly until: string;
}

interface IdleModel {
  readonly user: string;
  readonly server: string;
  readonly due: boolean;
  readonly sentence: string;
}

interface Answer {
  readonly stops: number;
  readonly keeps: number;
  readonly servers: readonly IdleModel[];
}

/** `berth keep`, `extend` and `idle`: what keeps servers, and who would stop. */
export function addIdle(program: Command, io: Io): void {
  program.command('keep').argument('<duration>', 'such as 90m or 6h').argument('<user>').argument('[server]', 'name of a named server', '').requiredOption('--why <text>', 'said to everybody who wonders')
    .description('Keep a user\'s running server for a while, although nobody uses it.').addHelpText('after', '\nExample:\n  berth keep 6h alice --why "overnight fit"')
    .action((duration: string, user: string, server: string, opts: { why: string }) => keep(io, { duration, user, server, why: opts.why }));
  program.command('extend').argument('<user>').argument('[server]', 'name of a named server', '').description('Keep a user\'s running server for one more whole idle limit from now.').addHelpText('after', '\nExample:\n  berth extend alice')
    .action((user: string, server: string) => extend(io, user, server));
  program.command('idle').description('Why each running server is kept, or when it stops.').addHelpText('after', '\nExample:\n  berth idle --if 1h')
    .option('--if <duration>', 'under this idle limit; 0 for none')
    .option('--max-age <duration>', 'under this maximum age; 0 for none')
    .option('--json', 'as JSON', false)
    .action((opts: { if?: string; maxAge?: string; json: boolean }) => idle(io, opts));
}

async function keep(io: Io, { duration, user, server, why }: { readonly duration: string; readonly user: string; readonly server: string; readonly why: string }): Promise<void> {
  const { until } = await hubClient(io).request<LeaseModel>('POST', pathOf(user, server, 'leases'), { for: duration, why });
  io.out(`The server ${server === '' ? '' : `${printable(server)} `}of ${printable(user)} is kept until ${until}.`);
}

async function extend(io: Io, user: string, server: string): Promise<void> {
  const { sentence } = await hubClient(io).request<IdleModel>('POST', pathOf(user, server, 'extend'), {});
  io.out(`${sentence}.`);
}

const pathOf = (user: string, server: string, rest: string): string => userPath(user, `${server === '' ? 'server' : `servers/${escapeSegment(server)}`}/${rest}`);

async function idle(io: Io, opts: { readonly if?: string; readonly maxAge?: string; readonly json: boolean }): Promise<void> {
  const query = new URLSearchParams({ ...(opts.if === undefined ? {} : { idleLimit: opts.if }), ...(opts.maxAge === undefined ? {} : { maxAge: opts.maxAge }) });
  const answer = await hubClient(io).request<Answer>('GET', `idleness${query.size === 0 ? '' : `?${query}`}`);
  if (opts.json) return io.out(JSON.stringify(answer, null, 2));
  table(['USER', 'SERVER', 'NOW', 'WHY'], answer.servers.map((row) => [row.user, row.server === '' ? '-' : row.server, row.due ? 'stops' : 'kept', row.sentence])).forEach((line) => io.out(line));
  io.note(`${answer.stops} of ${answer.stops + answer.keeps} would stop now.`);
}
