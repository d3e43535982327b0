import { jupyterArgv, LAYOUTS } from '../hub/domain/layouts';
import type { Limits, Profile } from '../hub/domain/profile';

/** The port every lab listens on: it has an address of its own, so there is nothing to collide with. */
export const LAB_PORT = 8888;
export const GIB = 1024 ** 3;
export const DEFAULT_LIMITS: Limits = { cpus: 2, memoryBytes: 8 * GIB, pids: 512 };

type Choice = Pick<Profile, 'image'> & Partial<Profile>;

/** JupyterLab in an image that has it; everything but the image has a default. */
export function labProfile(choice: Choice): Profile {
  return profile('lab', 'JupyterLab', choice);
}

/** The same without JupyterLab's pages: for images that only have `jupyter-server`. */
export function serverProfile(choice: Choice): Profile {
  return profile('server', 'Jupyter Server', choice);
}

function profile(app: 'lab' | 'server', title: string, choice: Choice): Profile {
  const layout = choice.layout ?? LAYOUTS.jovyan;
  return {
    slug: app,
    title,
    description: '',
    argv: jupyterArgv(app, layout),
    port: LAB_PORT,
    mode: 'injected',
    limits: DEFAULT_LIMITS,
    readOnlyRoot: true,
    outbound: 'none',
    env: {},
    ...choice,
    layout,
  };
}
