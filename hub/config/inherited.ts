import type { Environment } from './load';

/** What a program needs to find its interpreter, its libraries and its language; never a setting of the hub. */
const KEPT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'PYTHONPATH', 'CONDA_ROOT', 'CONDA_DEFAULT_ENV', 'VIRTUAL_ENV', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE'];

/** The part of the hub's own environment that the programs get that it runs for services. */
export const inherited = (env: Environment = process.env): Readonly<Record<string, string>> =>
  Object.fromEntries(KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
