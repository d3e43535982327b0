import type { Environment } from './load';

/** What a program needs to find its interpreter, its libraries and its language; never a setting of the hub. */
const KEPT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'PYTHONPATH', 'CONDA_ROOT', 'CONDA_DEFAULT_ENV', 'VIRTUAL_ENV', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE'];

/** What people's own programs need beyond that, in labs that run without containers. */
const FOR_LABS = ['USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'LC_CTYPE', 'PYTHONUSERBASE', 'CONDA_PREFIX', 'CONDA_EXE', 'LD_LIBRARY_PATH', 'http_proxy', 'https_proxy', 'no_proxy'];

/** The part of the hub's own environment that the programs get that it runs for services. */
export const inherited = (env: Environment = process.env): Readonly<Record<string, string>> => only(KEPT, env);

/** The part that labs get where they are processes of this machine. */
export const inheritedByLabs = (env: Environment = process.env): Readonly<Record<string, string>> => only([...KEPT, ...FOR_LABS], env);

const only = (names: readonly string[], env: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
