import { jupyterArgv, LAYOUTS, SINGLEUSER_ARGV } from './layouts';
import type { Layout, Mode, OfferedProfile, Profile } from './profile';

/** What an image says about itself, in the hub's words. */
export interface ImageTraits {
  /** What its own command does. */
  readonly mode: Mode;
  readonly layout: Layout;
}

/** JupyterHub's own program, JupyterLab's name for it, docker-stacks' scripts around it: with or without a path, an interpreter, a shell. */
const SINGLEUSER = /(?:^|[\s/'"])(?:jupyterhub-singleuser|jupyter[- ]labhub|jupyterhub\.singleuser|start-singleuser(?:\.py|\.sh)?)(?=$|[\s'";&|])/;

/** The mode that a command needs. */
export const modeOfCommand = (words: readonly string[]): Mode => (SINGLEUSER.test(words.join(' ')) ? 'singleuser' : 'injected');

/** A command of its own says how it lets visitors in; without one that is up to the image. */
const asksForMode = ({ mode, argv }: OfferedProfile): boolean => mode === 'auto' && (argv === null || argv.length === 0);

/** Whether a profile leaves something to its image. */
export const asksImage = (profile: OfferedProfile): boolean => profile.layout === 'auto' || asksForMode(profile);

/** The profile as it is started; `image` is null for one that leaves nothing to it. What it says itself is never overruled by the image; one that signs visitors in by itself keeps its command. */
export function completed(offered: OfferedProfile, image: ImageTraits | null): Profile {
  const layout = offered.layout === 'auto' ? (image?.layout ?? LAYOUTS.jovyan) : offered.layout;
  const mode = offered.mode !== 'auto' ? offered.mode : asksForMode(offered) ? (image?.mode ?? 'injected') : modeOfCommand(offered.argv ?? []);
  const usual = (): readonly string[] => (mode === 'injected' ? jupyterArgv('lab', layout) : offered.mode === 'auto' ? [] : SINGLEUSER_ARGV);
  return { ...offered, mode, layout, argv: offered.argv ?? usual() };
}
