'use strict';

/** The switches of `npm start`; each forbids one step that changes the machine. */
const SWITCHES = {
  '--no-install': 'install',
  '--no-build': 'build',
  '--no-docker-install': 'dockerInstall',
  '--no-image-build': 'imageBuild',
};

const HELP = `Usage: npm start -- [switches] [hub arguments]

Sets this machine up as a hub and starts it. Steps that are already done cost nothing.

  --no-install         do not install npm dependencies or build tools
  --no-build           do not compile; start what is in dist/
  --no-docker-install  do not install or start a Docker Engine; use one that answers
  --no-image-build     do not build or pull the notebook image
  --spawner <kind>     what runs labs, as HUB_SPAWNER: "process" neither needs nor looks for Docker
  --help               this text

Everything else is handed to the hub. Settings are environment variables (HUB_*); see docs/configuration.md.`;

/**
 * Splits the command line into the bootstrap's switches and what belongs to the hub. A second `--` ends our part.
 * @param {readonly string[]} argv
 * @returns {{ help: boolean, may: Record<string, boolean>, spawner?: string, hubArgs: string[] }}
 */
function parseStartArgs(argv) {
  const parsed = { help: false, may: { install: true, build: true, dockerInstall: true, imageBuild: true }, hubArgs: [] };
  const end = argv.indexOf('--');
  const ours = end === -1 ? argv : argv.slice(0, end);
  for (let i = 0; i < ours.length; i++) {
    const arg = ours[i];
    if (arg === '--spawner') parsed.spawner = ours[++i] ?? '';
    else if (arg.startsWith('--spawner=')) parsed.spawner = arg.slice('--spawner='.length);
    else if (arg === '--help' || arg === '-h') parsed.help = true;
    else if (Object.hasOwn(SWITCHES, arg)) parsed.may[SWITCHES[arg]] = false;
    else parsed.hubArgs.push(arg);
  }
  if (end !== -1) parsed.hubArgs.push(...argv.slice(end + 1));
  return parsed;
}

module.exports = { HELP, parseStartArgs };
