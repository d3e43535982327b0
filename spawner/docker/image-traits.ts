import { modeOfCommand, type ImageTraits } from '../../hub/domain/images';
import { LAYOUTS } from '../../hub/domain/layouts';
import type { Layout, Mode } from '../../hub/domain/profile';
import { LABEL } from '../labels';
import type { Spawner } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import type { Images } from './pull';

/** What the engine says about an image; every field may be missing. */
export interface ImageConfig {
  readonly User?: string | null;
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | string | null;
  readonly WorkingDir?: string | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Pure, so that a table of images can hold it to its promises. */
export function traitsOf(image: ImageConfig): ImageTraits {
  return { mode: modeOf(image), layout: layoutOf(image) };
}

/** The image's own label; else what its command is. A command that only may become `jupyterhub-singleuser`, as that of docker-stacks, is none. */
function modeOf({ Labels, Entrypoint, Cmd }: ImageConfig): Mode {
  const said = Labels?.[LABEL.mode];
  return said === 'injected' || said === 'singleuser' ? said : modeOfCommand([Entrypoint ?? [], Cmd ?? []].flat());
}

function layoutOf(image: ImageConfig): Layout {
  const env = environmentOf(image);
  const home = homeOf(image, env);
  const user = userOf(image, env);
  if (home === LAYOUTS.lab.userHome) return { ...LAYOUTS.lab, user };
  const place = image.WorkingDir ?? '';
  const workspace = place.startsWith(`${home}/`) && isPlain(place) ? withoutSlash(place) : `${home}/work`;
  return { home, userHome: home, workspace, cache: `${home}/.cache`, workingDir: workspace, shared: LAYOUTS.jovyan.shared, user };
}

/** From the best witness to the worst; a home that belongs to the system is never a volume. */
function homeOf({ WorkingDir, User }: ImageConfig, env: ReadonlyMap<string, string>): string {
  const named = isRoot(User ?? '') ? undefined : /^([a-z_][a-z0-9_-]*)(?::|$)/i.exec(User ?? '')?.[1];
  const candidates = [env.get('HOME'), /^\/home\/[^/]+/.exec(WorkingDir ?? '')?.[0], named === undefined ? undefined : `/home/${named}`];
  return candidates.map((path) => withoutSlash(path ?? '')).find((path) => /^\/home\/[^/]+/.test(path) && isPlain(path)) ?? LAYOUTS.jovyan.home;
}

/** Nobody works as root: an image that would start so runs as the user that it names in docker-stacks' way, else as Jupyter's usual one. */
function userOf({ User }: ImageConfig, env: ReadonlyMap<string, string>): string | null {
  const user = User ?? '';
  if (!isRoot(user)) return /^\d+:\d+$/.test(user) ? user : null;
  const [uid, gid] = [env.get('NB_UID') ?? '', env.get('NB_GID') ?? ''];
  return /^[1-9]\d*$/.test(uid) && /^\d+$/.test(gid) ? `${uid}:${gid}` : LAYOUTS.jovyan.user;
}

const environmentOf = ({ Env }: ImageConfig): ReadonlyMap<string, string> =>
  new Map((Env ?? []).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const));

const isRoot = (user: string): boolean => /^(?:|root|0+)(?::.*)?$/.test(user);
const withoutSlash = (path: string): string => path.replace(/\/+$/, '');
const isPlain = (path: string): boolean => !path.split('/').some((part) => part === '.' || part === '..');

/** Fetches what is missing, and looks once at each image: what an id means is the same for ever. */
export function createImageDescriber({ client, images }: { readonly client: DockerClient; readonly images: Pick<Images, 'ensure'> }): Spawner['describeImage'] {
  const known = new Map<string, ImageTraits>();
  return async (image, { signal, onEvent }) => {
    const id = await images.ensure(image, (pulled) => onEvent({ kind: 'pulling', image, ...pulled }), signal);
    const before = known.get(id);
    if (before !== undefined) return before;
    const { Config } = await client.call({ what: 'look at the image', ms: DEADLINE.inspect, run: (d) => d.getImage(id).inspect(), signal });
    const traits = traitsOf(Config as ImageConfig);
    known.set(id, traits);
    return traits;
  };
}
