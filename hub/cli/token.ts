import { type Command, InvalidArgumentError } from 'commander';
import { duration } from '../config/values';
import { HubError } from '../domain/errors';
import { escapeSegment } from '../urls';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface TokenModel {
  readonly id: string;
  readonly note: string;
  readonly scopes: readonly string[];
  readonly created: string;
  readonly last_activity: string | null;
  readonly expires_at: string | null;
}

interface AddOptions {
  readonly note: string;
  readonly expires?: number;
  readonly scope: readonly string[];
}

/** `berth token …`: API tokens of the running hub's users. */
export function addToken(program: Command, io: Io): void {
  const token = program.command('token').description('API tokens of the running hub\'s users.');
  example(token.command('add').argument('<user>').description('Make a token, shown once.'), 'berth token add alice --note "nightly run" --expires 30d --scope access:servers!user')
    .option('--note <text>', 'what it is for', 'Made on the command line')
    .option('--expires <duration>', 'its lifetime, such as 30d', seconds)
    .option('--scope <scope>', 'what it may do; may be repeated (default: what its user may do)', (one: string, all: readonly string[]) => [...all, one], [] as readonly string[])
    .action((user: string, opts: AddOptions) => add(io, user, opts));
  example(token.command('list').argument('<user>').description('Tokens of a user, without their secrets.'), 'berth token list alice --json')
    .option('--json', 'as JSON', false)
    .action((user: string, opts: { json: boolean }) => list(io, user, opts.json));
  example(token.command('revoke').argument('<user>').argument('<id>').description('End a token now.'), 'berth token revoke alice 0b6c2f2e').action((user: string, id: string) => revoke(io, user, id));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

function seconds(given: string): number {
  const got = duration.safeParse(given);
  if (!got.success) throw new InvalidArgumentError('Use a duration such as 90m, 12h or 30d.');
  return Math.max(1, Math.round(got.data / 1000));
}

async function add(io: Io, user: string, opts: AddOptions): Promise<void> {
  const ask = { note: opts.note, ...(opts.expires === undefined ? {} : { expires_in: opts.expires }), ...(opts.scope.length === 0 ? {} : { scopes: opts.scope }) };
  const made = await hubClient(io).request<TokenModel & { readonly token?: string }>('POST', userPath(user, 'tokens'), ask);
  if (made.token === undefined) throw new HubError('internal', 'The hub did not return a token: it may be another version than this command.');
  io.note(`Token ${made.id} of ${printable(user)}, shown only now; it ends ${made.expires_at ?? 'when it is revoked'}:`);
  io.out(made.token);
}

async function list(io: Io, user: string, json: boolean): Promise<void> {
  const { api_tokens: tokens } = await hubClient(io).request<{ readonly api_tokens: readonly TokenModel[] }>('GET', userPath(user, 'tokens'));
  if (json) return io.out(JSON.stringify(tokens, null, 2));
  const rows = tokens.map((token) => [token.id, token.note, token.created, token.last_activity ?? 'never', token.expires_at ?? 'never']);
  table(['ID', 'NOTE', 'CREATED', 'LAST USED', 'ENDS'], rows).forEach((line) => io.out(line));
}

async function revoke(io: Io, user: string, id: string): Promise<void> {
  await hubClient(io).request('DELETE', userPath(user, `tokens/${escapeSegment(id)}`));
  io.out(`Token ${printable(id)} is revoked.`);
}
