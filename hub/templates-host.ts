import path from 'node:path';
import { putNotebook } from '../spawner/lab-files';
import type { Config } from './config';
import type { ServerId } from './domain/ids';
import type { Mode, OfferedProfile } from './domain/profile';
import { labAddressOf, type LabAddressDeps } from './lab-address';
import { createTemplateFolder } from './services/template-folder';
import { createTemplates, type TemplatesDeps, type TemplatesService } from './services/templates';

interface TemplatesHostDeps extends Pick<TemplatesDeps, 'store' | 'audit' | 'clock' | 'log'>, Pick<LabAddressDeps, 'signsIn' | 'tokenFor'> {
  readonly config: Config;
  readonly modeOf: (id: ServerId) => Mode | undefined;
}

/** Templates of this configuration, which come into servers over the servers' own API. */
export function createTemplatesHost({ config, modeOf, signsIn, tokenFor, ...base }: TemplatesHostDeps): TemplatesService {
  const access: LabAddressDeps = { store: base.store, base: config.basePath, tokenFor, signsIn };
  return createTemplates({
    ...base,
    folder: createTemplateFolder(config.paths.templates),
    put: async ({ record, origin, stem, content, signal }) => {
      const profile = config.profiles.find(({ slug }) => slug === record.profile) ?? config.profiles[0];
      return putNotebook(labAddressOf(record, signal, access, origin), { folders: foldersFor(profile, modeOf(record.id)), stem, content });
    },
  });
}

/** Names that workspaces have in the images that hubs use. */
const USUAL = ['work', 'workspace'];

/**
 * Where the workspace lies, seen from where Jupyter begins. The hub's own command begins in the workspace; any other one begins in
 * the image's working directory, and which that is may be known to the image alone.
 */
export function foldersFor(profile: Pick<OfferedProfile, 'argv' | 'layout'> | undefined, mode: Mode | undefined): readonly string[] {
  if (profile === undefined || (mode !== 'singleuser' && profile.argv === null)) return [''];
  if (profile.layout === 'auto') return USUAL;
  const inside = path.posix.relative(profile.layout.workingDir, profile.layout.workspace);
  return [inside === '..' || inside.startsWith('../') ? '' : inside];
}
