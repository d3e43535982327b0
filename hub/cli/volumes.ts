import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { HubError } from '../domain/errors';
import { VOLUME_PURPOSES, type VolumePurpose } from '../domain/volume';
import { escapeSegment } from '../urls';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface VolumeModel {
  readonly id: string;
  readonly purpose: string;
  readonly generation: number;
  readonly state: string;
  readonly bytes: number | null;
  readonly last_used: string | null;
  readonly in_use?: boolean;
  readonly removed_after: string | null;
  readonly former_owner?: string;
}

interface ReportModel {
  readonly volumes: readonly VolumeModel[];
  readonly bytes: number;
  readonly soft_quota: number | null;
  readonly over_soft_quota: boolean;
}

interface Options {
  readonly reset?: readonly VolumePurpose[];
  readonly undo?: string;
  readonly remove?: string;
  readonly take?: string;
  readonly from?: string;
  readonly download?: string;
  readonly volume?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `berth volumes`: what somebody keeps, and everything that can be done about it. */
export function addVolumes(program: Command, io: Io): void {
  const acts = ['reset', 'undo', 'remove', 'take', 'from', 'download'];
  const alone = (option: Option): Option => option.conflicts(acts.filter((name) => name !== option.attributeName()));
  program.command('volumes').argument('[user]').description('Volumes of a user: sizes, reset, undo, download. Without a user: what deleted accounts left.')
    .addOption(alone(new Option('--reset <purposes>', `put new, empty volumes in the place of these (${VOLUME_PURPOSES.join(',')}); the old ones go to the bin`).argParser(purposes)))
    .addOption(alone(new Option('--undo <id>', 'put a volume back out of the bin')))
    .addOption(alone(new Option('--remove <id>', 'remove a volume from the bin, for good')))
    .addOption(alone(new Option('--from <user>', 'hand the volumes of that user over to this one')))
    .addOption(alone(new Option('--take <id>', 'give a volume that a deleted account left, or that is somebody else\'s, to this user')))
    .addOption(alone(new Option('--download <file>', 'write all files into this tar archive; `-` for standard output')))
    .option('--volume <id>', 'with --download: this one only')
    .option('--yes', 'remove without asking', false)
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExamples:\n  berth volumes alice\n  berth volumes alice --reset home,cache\n  berth volumes alice --undo 0b9c…\n  berth volumes alice --download alice.tar')
    .action((user: string | undefined, opts: Options) => (user === undefined ? leftBehind(io, opts) : act(io, user, opts)));
}

function purposes(given: string): readonly VolumePurpose[] {
  return given.split(',').map((word) => {
    const known = VOLUME_PURPOSES.find((purpose) => purpose === word.trim());
    if (known === undefined) throw new InvalidArgumentError(`Use ${VOLUME_PURPOSES.join(', ')}, or several of them with commas.`);
    return known;
  });
}

async function act(io: Io, user: string, opts: Options): Promise<void> {
  const hub = hubClient(io);
  const at = (rest: string): string => userPath(user, `volumes${rest}`);
  if (opts.download !== undefined) return download(io, { path: at(`${opts.volume === undefined ? '' : `/${escapeSegment(opts.volume)}`}/archive`), to: opts.download });
  if (opts.remove !== undefined) {
    if (!opts.yes && !/^y(es)?$/i.test((await io.ask(`This removes the files of the volume ${printable(opts.remove)}, for good. Go on? [y/N] `)).trim())) throw new HubError('invalid-input', 'Nothing was removed.');
    await hub.request('DELETE', at(`/${escapeSegment(opts.remove)}`));
    return io.out('The volume is removed.');
  }
  const report = await reportAfter(opts, (method, rest, body) => hub.request<ReportModel>(method, at(rest), body));
  if (opts.json) return io.out(JSON.stringify(report, null, 2));
  show(io, report.volumes);
  if (report.over_soft_quota) io.note(`All volumes together hold ${report.bytes} bytes, more than the soft quota of ${report.soft_quota ?? 0}. Nothing is enforced.`);
}

function reportAfter(opts: Options, ask: (method: 'GET' | 'POST', rest: string, body?: unknown) => Promise<ReportModel>): Promise<ReportModel> {
  if (opts.reset !== undefined) return ask('POST', '/reset', { purposes: opts.reset });
  if (opts.undo !== undefined) return ask('POST', `/${escapeSegment(opts.undo)}/undo`);
  if (opts.from !== undefined) return ask('POST', '/hand-over', { from: opts.from });
  if (opts.take !== undefined) return ask('POST', '/hand-over', { volumes: [opts.take] });
  return ask('GET', '');
}

async function leftBehind(io: Io, { json }: Options): Promise<void> {
  const { volumes } = await hubClient(io).request<{ readonly volumes: readonly VolumeModel[] }>('GET', 'volumes/left-behind');
  if (json) return io.out(JSON.stringify(volumes, null, 2));
  show(io, volumes);
}

function show(io: Io, volumes: readonly VolumeModel[]): void {
  const rows = volumes.map((v) => [v.id, v.former_owner ?? '-', v.purpose, String(v.generation), v.state, v.bytes === null ? 'not measured' : String(v.bytes), v.in_use === true ? 'now' : (v.last_used ?? '-'), v.removed_after ?? '-']);
  table(['ID', 'LEFT BY', 'PURPOSE', 'NO.', 'STATE', 'BYTES', 'LAST USED', 'REMOVED AFTER'], rows).forEach((line) => io.out(line));
}

/** Under its name only when it is whole; nothing that exists is replaced. */
async function download(io: Io, { path: from, to }: { readonly path: string; readonly to: string }): Promise<void> {
  const target = path.resolve(io.cwd, to);
  if (to !== '-' && fs.existsSync(target)) throw new HubError('conflict', `${target} exists already. Choose another name, or move it away.`);
  const { body } = await hubClient(io).download(from);
  if (to === '-') return pipeline(body, process.stdout, { end: false });
  const part = `${target}.part`;
  try {
    await pipeline(body, fs.createWriteStream(part, { mode: 0o600 }));
    fs.renameSync(part, target);
  } catch (err) {
    fs.rmSync(part, { force: true });
    throw new HubError('upstream-failed', 'The download broke off before its end, and nothing was kept. The hub\'s log says why.', { cause: err });
  }
  io.out(target);
}
