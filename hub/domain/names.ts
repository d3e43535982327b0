import { HubError } from './errors';
import { DEFAULT_SERVER, type ServerName, type UserName } from './ids';
import { shown } from './shown';

/** Longest name of a user or group. */
export const MAX_NAME = 255;
const SIGN_UP = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
/** Checked before any work is done on the text (A15). Longer than the longest name, so that the message can say how long that is. */
const MAX_INPUT = 512;

/** Names that are words of our own URLs, path segments with a meaning, or properties that every JavaScript object has (A11). */
const STRUCTURAL = new Set(['.', '..', 'new', 'hub', 'user', 'users', 'api', ...Object.getOwnPropertyNames(Object.prototype).map((name) => name.toLowerCase()), 'prototype']);
/** Names that others would take for the operator. Administrators may create them; the first administrator's name is one of them. */
const OFFICIAL = new Set(['admin', 'administrator', 'root', 'system', 'support', 'security', 'operator', 'service', 'services', 'local', 'anonymous', 'jupyterhub', 'berth']);

/** Words of our own URLs and the like, in normal form: nobody can have one of these names. */
export const isReservedName = (name: string): boolean => STRUCTURAL.has(name);

/** NFKC and lower case, nothing else: no trimming. Lower-casing can undo the normal form, hence the second pass. */
export const normaliseUserName = (raw: string): string => raw.normalize('NFKC').toLowerCase().normalize('NFKC');

/**
 * The name of somebody who signs up. What differs from its normal form is refused rather than silently changed, so that two
 * spellings never look like two accounts (A10). Throws `invalid-input`; the message says what is allowed.
 */
export function parseSignUpName(raw: unknown, reserved: readonly string[] = []): UserName {
  const name = text(raw, 'username');
  if (normaliseUserName(name) !== name || !SIGN_UP.test(name)) {
    throw invalid('Choose a name of 1 to 64 lower-case letters and digits; dots, underscores and hyphens may stand between them.');
  }
  if (STRUCTURAL.has(name) || OFFICIAL.has(name) || reserved.includes(name)) throw invalid('This name is reserved. Choose another one.');
  return name as UserName;
}

/**
 * A name given by an administrator, an import or an identity provider: normalised, then anything JupyterHub allows except what
 * cannot be seen, looks like another name, or has a meaning in a path or URL. Throws `invalid-input`.
 */
export function parseUserName(raw: unknown): UserName {
  const name = normaliseUserName(text(raw, 'username'));
  const wrong = problemOf(name);
  if (wrong !== undefined) throw invalid(`Invalid username: ${wrong}.`);
  return name as UserName;
}

/**
 * The name somebody signs in with. Case does not matter and white space around it is forgiven, as in JupyterHub; a compatibility
 * form (U+212A for k) is nobody's name (A10). undefined: no account can have this name, which must look like a wrong password.
 */
export function parseLoginName(raw: unknown): UserName | undefined {
  if (typeof raw !== 'string' || raw.length > MAX_INPUT) return undefined;
  const typed = raw.trim();
  if (typed.normalize('NFKC') !== typed) return undefined;
  const name = normaliseUserName(typed);
  return problemOf(name) === undefined ? (name as UserName) : undefined;
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`;
  if (name !== name.trim()) return 'it begins or ends with white space';
  if (/[/\\;?#%]/.test(name)) return 'it may not contain / \\ ; ? # %';
  if (hasUnseen(name)) return 'it contains characters that cannot be seen';
  if (isConfusable(name)) return 'it mixes letters that look alike';
  return STRUCTURAL.has(name) ? 'it is reserved' : undefined;
}

/** Controls, format characters (bidirectional ones, zero width), surrogates, unassigned, fillers, separators other than a space. */
const hasUnseen = (name: string): boolean => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFFD]/u.test(name) || /[^\S ]/u.test(name);

const LATIN = /\p{Script=Latin}/u;
const LOOKALIKE_SCRIPT = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}]/u;
/** Lower-case letters of those scripts that a reader takes for Latin ones. */
const TWINS = new Set('аеорсухіјѕһԁԛԝӏгνοαρτυικωցոսօհզյ');

/** Cyrillic `а` in `alice`; or a whole name of such letters, which reads as a Latin name without containing a single Latin letter. */
function isConfusable(name: string): boolean {
  if (!LOOKALIKE_SCRIPT.test(name)) return false;
  if (LATIN.test(name)) return true;
  return [...name].every((letter) => TWINS.has(letter) || !/\p{L}/u.test(letter));
}

/** A group's name: anything visible. Throws `invalid-input`. */
export function parseGroupName(raw: unknown): string {
  const name = text(raw, 'group name');
  if (name === '' || name.length > MAX_NAME || name !== name.trim() || hasUnseen(name)) throw invalid('Invalid group name: it must have 1 to 255 visible characters.');
  return name;
}

const SERVER_NAME = /^[a-z](?:-?[a-z0-9])*$/;
const MAX_SERVER_NAME = 30;
/** First path segments of Jupyter itself and its usual extensions: `/user/alice/lab` must stay the default server's page (G04). */
const JUPYTER_PATHS = new Set([
  'api', 'bundle', 'custom', 'desktop', 'doc', 'edit', 'files', 'git', 'git-pull', 'hub', 'kernelspecs', 'lab', 'labextensions', 'login', 'logout', 'lsp', 'metrics',
  'mathjax', 'nbconvert', 'nbextensions', 'new', 'notebooks', 'oauth-callback', 'proxy', 'retro', 'rstudio', 'server', 'servers', 'services', 'settings', 'spawn',
  'static', 'terminals', 'tree', 'user', 'user-redirect', 'view', 'voila', 'vscode', 'consoles', 'constructor', 'prototype',
]);

/** The name of a server that is about to be made; the empty string is the default one. Throws `invalid-input` with JupyterHub's words. */
export function parseServerName(raw: unknown): ServerName {
  const name = text(raw, 'server_name');
  if (name === '') return DEFAULT_SERVER;
  if (name.includes('/')) throw invalid(`Invalid server_name (may not contain '/'): ${shown(name, 100)}`);
  if (name.length > MAX_SERVER_NAME || !SERVER_NAME.test(name)) throw invalid(`Invalid server_name: '${shown(name, 100)}'`);
  if (JUPYTER_PATHS.has(name)) throw invalid(`Invalid server_name: '${name}' is a path of Jupyter itself`);
  return name as ServerName;
}

const MAX_DISPLAY_NAME = 255;

/** What people call a server, in its normal form; the empty string takes the name away. Throws `invalid-input`. */
export function parseDisplayName(raw: unknown): string {
  const name = text(raw, 'display_name').normalize('NFC');
  if (name.length > MAX_DISPLAY_NAME || name !== name.trim() || / {2}/.test(name) || hasUnseen(name)) throw invalid('Invalid display_name: it has 1 to 255 printable characters, and no white space at its ends or twice in a row.');
  return name;
}

function text(raw: unknown, what: string): string {
  if (typeof raw !== 'string') throw invalid(`The ${what} must be text.`);
  if (raw.length > MAX_INPUT) throw invalid(`The ${what} is too long.`);
  return raw;
}

const invalid = (message: string): HubError => new HubError('invalid-input', message);
