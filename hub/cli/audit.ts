import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../config';
import { databaseOf } from '../docker-settings';
import { AUDIT_FORMATS, type AuditFormat, chainEndText, type ChainEnd, parseChainEnd, type AuditRow } from '../domain/audit';
import { HubError } from '../domain/errors';
import { verifyChain } from '../store/audit-chain';
import { type AuditFile, openAuditFile } from '../store/audit-file';
import { type Io, table } from './io';

interface ExportOptions {
  readonly since?: Date;
  readonly format: AuditFormat;
  readonly out?: string;
}

/** `berth audit …`: reads the database file itself, so that it works whether or not the hub runs. */
export function addAudit(program: Command, io: Io): void {
  const audit = program.command('audit').description('The log of who did what to whom, read from the database file.');
  example(audit.command('verify').description('Check that no entry was changed, removed or put in between.'), 'berth audit verify --noted 1042:3f5a…')
    .option('--noted <id:hash>', 'a head that was noted earlier and must still be there', noted)
    .option('--json', 'as JSON', false)
    .action((opts: { noted?: ChainEnd; json: boolean }) => verify(io, opts));
  example(audit.command('list').description('The newest entries, newest first.'), 'berth audit list -n 50')
    .option('-n, --lines <count>', 'how many', count, 20)
    .option('--json', 'as JSON', false)
    .action((opts: { lines: number; json: boolean }) => list(io, opts));
  example(audit.command('export').description('Every entry, oldest first.'), 'berth audit export --since 2026-01-01 --format csv --out audit.csv')
    .option('--since <date>', 'from this day or time on, such as 2026-01-31', date)
    .addOption(new Option('--format <format>', 'jsonl keeps every byte, csv is for spreadsheets').choices(Object.keys(AUDIT_FORMATS)).default('jsonl'))
    .option('--out <file>', 'a new file, for your account only (default: standard output)')
    .action((opts: ExportOptions) => save(io, opts));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

function noted(given: string): ChainEnd {
  const end = parseChainEnd(given);
  if (end === undefined) throw new InvalidArgumentError('Use the head as it was printed: <id>:<64 hexadecimal digits>.');
  return end;
}

function count(given: string): number {
  if (!/^[1-9]\d{0,4}$/.test(given)) throw new InvalidArgumentError('Use a number from 1 to 99999.');
  return Number(given);
}

function date(given: string): Date {
  const at = /^\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?$/.test(given) ? new Date(given) : new Date(NaN);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('Use a day such as 2026-01-31, or a time such as 2026-01-31T08:00:00Z; both are UTC.');
  return at;
}

async function withFile(io: Io, work: (file: AuditFile) => void | Promise<void>): Promise<void> {
  const file = openAuditFile(databaseOf(loadConfig(io.env, io.cwd).config));
  try {
    await work(file);
  } finally {
    file.close();
  }
}

const verify = (io: Io, opts: { readonly noted?: ChainEnd; readonly json: boolean }): Promise<void> =>
  withFile(io, (file) => {
    const verdict = verifyChain(file, opts.noted);
    if (opts.json) io.out(JSON.stringify(verdict, null, 2));
    if (!verdict.ok) throw new HubError('conflict', `The audit log is broken at entry ${verdict.at}: ${verdict.reason}.`);
    if (opts.json) return;
    io.out(`The audit log is whole: ${verdict.entries} entries, from ${verdict.anchor.id + 1} to ${verdict.head.id}.`);
    io.out(`head ${chainEndText(verdict.head)}`);
  });

const list = (io: Io, opts: { readonly lines: number; readonly json: boolean }): Promise<void> =>
  withFile(io, (file) => {
    const rows = file.list({ offset: 0, limit: opts.lines });
    if (opts.json) return io.out(JSON.stringify(rows, null, 2));
    table(['ID', 'TIME', 'WHO', 'VIA', 'ACTION', 'TARGET', 'RESULT', 'FROM'], rows.map(cells)).forEach((line) => io.out(line));
  });

const cells = (row: AuditRow): readonly string[] => [
  String(row.id), row.at.toISOString(), row.actor === '' ? row.actorKind : `${row.actorKind}:${row.actor}`, row.via, row.action, row.target, row.result, row.address,
];

const save = (io: Io, { since, format, out }: ExportOptions): Promise<void> =>
  withFile(io, async (file) => {
    const { head } = file.ends();
    const pieces = piecesOf(file, format, since);
    if (out === undefined) for (const piece of pieces) piece.replace(/\r?\n$/, '').split(/\r?\n/).forEach((line) => io.out(line));
    else await writeTo(out, pieces);
    io.note(`Head of the audit log: ${chainEndText(head)}`);
  });

const PAGE = 500;

/** The log a page at a time, however long it is. */
function* piecesOf(file: AuditFile, format: AuditFormat, since: Date | undefined): Generator<string, void> {
  const { head, line } = AUDIT_FORMATS[format];
  if (head !== '') yield head;
  for (let rows = file.after(0, PAGE); rows.length > 0; rows = file.after(rows.at(-1)?.id ?? 0, PAGE)) {
    const text = rows.filter((row) => since === undefined || row.at >= since).map(line).join('');
    if (text !== '') yield text;
  }
}

/** Never over an existing file; names and addresses are in it, so it is private. */
const writeTo = (path: string, pieces: Iterable<string>): Promise<void> => pipeline(Readable.from(pieces), fs.createWriteStream(path, { flags: 'wx', mode: 0o600 }));
