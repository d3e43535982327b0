import type { UserName } from '../hub/domain/ids';
import type { Profile } from '../hub/domain/profile';

export interface LabEnvironment {
  readonly profile: Profile;
  readonly userName: UserName;
  readonly secret: string;
  /** What the hub adds for this server, e.g. `JUPYTERHUB_*`. */
  readonly extra?: Readonly<Record<string, string>>;
}

/**
 * The complete environment of a lab. Whatever a profile sets, the hub's own variables win. Only the lab's own secret is in it: a
 * process list and every child process show an environment.
 */
export function labEnvironment({ profile, userName, secret, extra = {} }: LabEnvironment): Readonly<Record<string, string>> {
  const { layout } = profile;
  return {
    // A read-only root leaves /tmp for what must not outlive the container.
    JUPYTER_RUNTIME_DIR: '/tmp/jupyter-runtime',
    MPLCONFIGDIR: '/tmp/matplotlib',
    ...profile.env,
    HOME: layout.userHome,
    XDG_CACHE_HOME: layout.cache,
    PYTHONPATH: '/app',
    DATA_PATH: '/data',
    USER_ID: userName,
    ...extra,
    // Jupyter itself reads this one; an image that signs in at the hub would take it for a second password.
    ...(profile.mode === 'injected' ? { JUPYTER_TOKEN: secret } : {}),
  };
}
