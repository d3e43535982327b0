import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config';
import { HubError } from '../domain/errors';
import { version } from '../version';
import { addAudit } from './audit';
import { addBackup } from './backup';
import { addConfig } from './config';
import { addDockerFilter } from './docker-filter';
import { addDoctor, type Physician } from './doctor';
import { addDown, type Teardown } from './down';
import { addImages, type ImageScripts } from './images';
import { addGroup } from './group';
import { addIdle } from './idle';
import { addImport, type FindVolumes } from './import';
import { EXIT, type Io, printable } from './io';
import { addServerLife } from './server-life';
import { addMaintenance } from './maintenance';
import { addNotify } from './notify';
import { addQueue } from './queue';
import { addOpenApi } from './openapi';
import { addServers } from './servers';
import { addStart } from './start';
import { addToken } from './token';
import { addUser } from './user';
import { addVolumes } from './volumes';

/** What commands do to the world; tests put their own in. */
export interface Parts {
  readonly teardown?: Teardown;
  readonly physician?: Physician;
  readonly images?: () => ImageScripts;
  readonly volumes?: FindVolumes;
}

/** The command line `berth`. Resolves with the exit code; rejects only for a mistake in this program. */
export async function runCli(args: readonly string[], io: Io, parts: Parts = {}): Promise<number> {
  try {
    await program(io, parts).parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (err) {
    if (err instanceof CommanderError) return err.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!expected(err)) throw err;
    err.message.split('\n').forEach((line) => io.note(printable(line)));
    return EXIT.refused;
  }
}

/** Refusals, and what the operating system refuses: a port in use, a folder without permission. Their messages say enough. */
const expected = (err: unknown): err is Error =>
  err instanceof HubError || err instanceof ConfigError || (typeof err === 'object' && err !== null && ('syscall' in err || err.constructor.name === 'SetupError'));

function program(io: Io, parts: Parts): Command {
  const root = new Command('berth').description('A notebook hub in one process.').version(version()).showHelpAfterError('(see --help)');
  addStart(root);
  addDown(root, io, parts.teardown);
  addDoctor(root, io, parts.physician);
  addUser(root, io);
  addToken(root, io);
  addServers(root, io);
  addGroup(root, io);
  addQueue(root, io);
  addMaintenance(root, io);
  addNotify(root, io);
  addIdle(root, io);
  addVolumes(root, io);
  addServerLife(root, io);
  addOpenApi(root, io);
  addConfig(root, io);
  addAudit(root, io);
  addBackup(root, io);
  addImages(root, io, parts.images);
  addImport(root, io, parts.volumes);
  addDockerFilter(root, io);
  everyCommand(root).forEach((command) => wire(command, io));
  return root;
}

const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];

/** Output goes to `io`, and nothing ends the process from inside. */
function wire(command: Command, io: Io): void {
  const line = (text: string): string => text.replace(/\n$/, '');
  command.exitOverride().configureOutput({ writeOut: (text) => io.out(line(text)), writeErr: (text) => io.note(line(text)) });
  // A section without a verb shows what it has, and is a mistake.
  if (command.commands.length > 0) command.action(() => command.help({ error: true }));
}
