import type { Layout } from './profile';

/** Where volumes go, for the two families of images that hubs have in use. */
export const LAYOUTS = {
  /** The shipped image, and Jupyter's own. */
  jovyan: { home: '/home/jovyan', userHome: '/home/jovyan', workspace: '/home/jovyan/work', cache: '/home/jovyan/.cache', workingDir: '/home/jovyan/work', shared: '/mnt/shared', user: '1000:100' },
  /** The platform seed's. */
  lab: { home: '/home', userHome: '/home/lab', workspace: '/home/lab/workspace', cache: '/home/lab/.cache', workingDir: '/home/lab/workspace', shared: '/mnt/shared', user: '1000:100' },
} as const satisfies Record<string, Layout>;

export type LayoutName = keyof typeof LAYOUTS;

/**
 * Command of a plain Jupyter image that the hub authorises. The secret comes through `JUPYTER_TOKEN` only. Flags, not a file: they
 * win over whatever configuration a user keeps in the home directory. `server` is for images without JupyterLab's pages.
 */
export const jupyterArgv = (app: 'lab' | 'server', layout: Layout): readonly string[] => [
  'jupyter',
  app,
  '--ip=0.0.0.0',
  '--port={port}',
  '--no-browser',
  '--ServerApp.base_url={prefix}',
  '--ServerApp.port_retries=0',
  // The Host that arrives is the public one; the hub has validated it.
  '--ServerApp.allow_remote_access=True',
  '--ServerApp.trust_xheaders=True',
  '--ServerApp.quit_button=False',
  `--ServerApp.root_dir=${layout.workspace}`,
];

/** JupyterHub's own program takes everything from its environment (protocol, 1.1). */
export const SINGLEUSER_ARGV: readonly string[] = ['jupyterhub-singleuser'];
