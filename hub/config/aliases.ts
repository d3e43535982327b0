/** Variables of the hubs that this one replaces. They are read after the config file and before `HUB_*`. */
export interface Alias {
  readonly variable: string;
  readonly path: string;
  readonly meaning: string;
}

/** Of two variables for one setting the first that is set wins. */
export const ALIASES: readonly Alias[] = [
  { variable: 'JUPYTERHUB_ADMIN', path: 'admin.name', meaning: 'Name of the first administrator.' },
  { variable: 'DOCKER_NOTEBOOK_IMAGE', path: 'image.notebook', meaning: 'Image of the default profile.' },
  { variable: 'NOTEBOOK_IMAGE', path: 'image.notebook', meaning: 'The same; `DOCKER_NOTEBOOK_IMAGE` wins where both are set.' },
  { variable: 'DOCKER_NETWORK_NAME', path: 'docker.networkName', meaning: 'What the names of server networks begin with: each server has a network of its own.' },
  { variable: 'JUPYTERHUB_BASE_URL', path: 'basePath', meaning: 'Base path. Where a public URL is set too, its path must be the same.' },
  { variable: 'FEATURE_NOTEBOOK_LAUNCHER', path: 'features.notebookLauncher', meaning: 'Whether servers may be started at all.' },
  { variable: 'DOCKER_HOST', path: 'docker.host', meaning: 'Docker engine.' },
];

/** Accepted only when they say "off": to ignore one would promise what the hub does not do. */
export const UNAVAILABLE: readonly { readonly variable: string; readonly what: string; readonly instead: string }[] = [
  { variable: 'ENABLE_GPU_SUPPORT', what: 'GPU support', instead: 'Set it to 0 or remove it; servers run on CPUs.' },
  { variable: 'NVIDIA_AUTODETECT_IMAGE', what: 'GPU detection', instead: 'Remove it; servers run on CPUs.' },
  { variable: 'ENABLE_JUPYTERHUB_SSL', what: 'TLS in the hub itself', instead: 'Set it to 0 or remove it, put a reverse proxy with TLS in front of the hub, and set HUB_PUBLIC_URL and HUB_TRUSTED_PROXIES.' },
  { variable: 'ENABLE_SERVICE_MLFLOW', what: 'MLflow as a service of the hub', instead: 'Set it to 0 or remove it.' },
  { variable: 'ENABLE_SERVICE_GLANCES', what: 'Glances as a service of the hub', instead: 'Set it to 0 or remove it.' },
  { variable: 'ENABLE_SERVICE_TENSORBOARD', what: 'TensorBoard as a service of the hub', instead: 'Set it to 0 or remove it.' },
];

export const isOff = (value: string): boolean => ['', '0', 'false', 'no', 'off'].includes(value.trim().toLowerCase());
