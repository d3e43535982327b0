import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'jupyterhub');

/** What is behind the hashes in the fixture. */
export const SECRETS = JSON.parse(fs.readFileSync(path.join(FIXTURE, 'secrets.json'), 'utf8')) as {
  readonly passwords: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, string>>;
};

/** A file as JupyterHub 5.2.1 wrote it; `change` is SQL that happened to it since. */
export function writeJupyterHub(file: string, change = ''): string {
  const db = new Database(file);
  try {
    db.pragma('foreign_keys = OFF');
    db.exec(fs.readFileSync(path.join(FIXTURE, 'jupyterhub.sql'), 'utf8'));
    db.exec(change);
  } finally {
    db.close();
  }
  return file;
}
