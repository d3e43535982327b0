import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { HubError } from '../domain/errors';
import type { JupyterHubData, OldToken, OldUser } from '../domain/jupyterhub';
import { sqliteCode } from './sql';

/** Columns that JupyterHub 3 and later have, and without which nothing could be understood. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  users: ['id', 'name', 'admin', 'created', 'last_activity'],
  groups: ['id', 'name'],
  user_group_map: ['user_id', 'group_id'],
  roles: ['id', 'name', 'scopes'],
  user_role_map: ['user_id', 'role_id'],
  group_role_map: ['group_id', 'role_id'],
  services: ['name'],
  api_tokens: ['user_id', 'hashed', 'prefix', 'client_id', 'created', 'expires_at', 'last_activity', 'note', 'scopes'],
};

/**
 * Reads a JupyterHub's SQLite file through a connection that cannot write, in one snapshot. Throws `not-found` for a missing file and
 * `invalid-input` for one that is not JupyterHub's, is damaged, or comes from a version before 3.
 */
export function readJupyterHub(path: string): JupyterHubData {
  if (!existsSync(path)) throw new HubError('not-found', `There is no file ${path}.`);
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      db.pragma('trusted_schema = OFF');
      db.pragma('cell_size_check = ON');
      return db.transaction(() => read(db, path))();
    } finally {
      db.close();
    }
  } catch (err) {
    if (sqliteCode(err) === '') throw err;
    throw new HubError('invalid-input', `${path} cannot be read as a SQLite database: ${err instanceof Error ? err.message : sqliteCode(err)}.`, { cause: err });
  }
}

function read(db: Database.Database, path: string): JupyterHubData {
  demandShape(db, path);
  const roles = asText(db.prepare<[], { name: string; scopes: string | null }>('SELECT name, scopes FROM roles ORDER BY id').all());
  return {
    users: readUsers(db),
    accounts: readAccounts(db),
    groups: readGroups(db),
    roles: roles.map((role) => ({ name: role.name, scopes: texts(role.scopes) })),
    services: asText(db.prepare<[], { name: string }>('SELECT name FROM services ORDER BY id').all()).map((row) => row.name),
  };
}

const columnsOf = (db: Database.Database, table: string): ReadonlySet<string> => new Set((db.pragma(`table_info(${table})`) as readonly { name: string }[]).map((column) => column.name));

function demandShape(db: Database.Database, path: string): void {
  if (columnsOf(db, 'users').size === 0 || columnsOf(db, 'api_tokens').size === 0) throw new HubError('invalid-input', `${path} is not a database of JupyterHub.`);
  const missing = Object.entries(NEEDED).flatMap(([table, wanted]) => {
    const there = columnsOf(db, table);
    return wanted.filter((column) => !there.has(column)).map((column) => `${table}.${column}`);
  });
  if (missing.length > 0) throw new HubError('invalid-input', `${path} was written by a JupyterHub before version 3 (it lacks ${missing[0]}). Bring a copy up to date with \`jupyterhub upgrade-db\` first.`);
}

interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly admin: number | null;
  readonly created: string | null;
  readonly last_activity: string | null;
}

function readUsers(db: Database.Database): readonly OldUser[] {
  const groups = db.prepare<[number], { name: string }>('SELECT name FROM user_group_map JOIN groups ON groups.id = group_id WHERE user_id = ? ORDER BY groups.id');
  const roles = db.prepare<[number], { name: string }>('SELECT name FROM user_role_map JOIN roles ON roles.id = role_id WHERE user_id = ? ORDER BY roles.id');
  const tokens = db.prepare<[number], TokenRow>('SELECT hashed, prefix, note, scopes, client_id, created, expires_at, last_activity FROM api_tokens WHERE user_id = ? ORDER BY id');
  const rows = asText(db.prepare<[], UserRow>('SELECT id, name, admin, created, last_activity FROM users ORDER BY id').all());
  return rows.map((row) => ({
    name: row.name,
    admin: row.admin === 1,
    created: date(row.created),
    lastActivity: date(row.last_activity),
    groups: groups.all(row.id).map((group) => group.name),
    roles: roles.all(row.id).map((role) => role.name),
    tokens: asText(tokens.all(row.id)).map(toToken),
  }));
}

interface TokenRow {
  readonly hashed: string;
  readonly prefix: string;
  readonly note: string | null;
  readonly scopes: string | null;
  readonly client_id: string | null;
  readonly created: string | null;
  readonly expires_at: string | null;
  readonly last_activity: string | null;
}

const toToken = (row: TokenRow): OldToken => ({
  hash: row.hashed, prefix: row.prefix, note: row.note ?? '', scopes: texts(row.scopes), client: row.client_id,
  created: date(row.created), expires: date(row.expires_at), lastUsed: date(row.last_activity),
});

function readAccounts(db: Database.Database): JupyterHubData['accounts'] {
  const columns = columnsOf(db, 'users_info');
  if (columns.size === 0) return null;
  const optional = (column: string): string => (columns.has(column) ? column : `0 AS ${column}`);
  const rows = db
    .prepare<[], { username: string; password: Buffer | string; is_authorized: number | null; has_2fa: number | null }>(`SELECT username, password, ${optional('is_authorized')}, ${optional('has_2fa')} FROM users_info ORDER BY id`)
    .all();
  return asText(rows).map((row) => ({ name: row.username, hash: row.password.toString(), approved: row.is_authorized === 1, secondFactor: row.has_2fa === 1 }));
}

function readGroups(db: Database.Database): JupyterHubData['groups'] {
  const roles = db.prepare<[number], { name: string }>('SELECT name FROM group_role_map JOIN roles ON roles.id = role_id WHERE group_id = ? ORDER BY roles.id');
  const properties = columnsOf(db, 'groups').has('properties') ? 'properties' : "'{}' AS properties";
  const rows = asText(db.prepare<[], { id: number; name: string; properties: string | null }>(`SELECT id, name, ${properties} FROM groups ORDER BY id`).all());
  return rows.map((row) => ({ name: row.name, properties: object(row.properties), roles: roles.all(row.id).map((role) => role.name) }));
}

const TEXT = new Set(['name', 'username', 'hashed', 'prefix', 'password']);
const TEXT_OR_NOTHING = new Set(['note', 'scopes', 'client_id', 'created', 'expires_at', 'last_activity', 'properties']);

/** SQLite keeps what it is given, whatever the type of the column: everything behind this relies on text where JupyterHub writes text. */
function asText<T extends object>(rows: readonly T[]): readonly T[] {
  for (const [column, value] of rows.flatMap((row) => Object.entries(row) as [string, unknown][])) {
    const fits = typeof value === 'string' || (column === 'password' && Buffer.isBuffer(value)) || (value === null && TEXT_OR_NOTHING.has(column));
    if (!fits && (TEXT.has(column) || TEXT_OR_NOTHING.has(column))) throw new HubError('invalid-input', `The database holds a value that is not text where JupyterHub writes text (${column}): it is damaged.`);
  }
  return rows;
}

/** JupyterHub writes UTC without saying so. */
function date(text: string | null): Date | null {
  const at = text === null ? NaN : Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? null : new Date(at);
}

function json(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch (err) {
    throw new HubError('invalid-input', 'The database holds a value that is not JSON where JupyterHub writes JSON: it is damaged.', { cause: err });
  }
}

function texts(raw: string | null): readonly string[] {
  const found = json(raw);
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : [];
}

function object(raw: string | null): Readonly<Record<string, unknown>> {
  const found = json(raw);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : {};
}
