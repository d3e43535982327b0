import type { VolumePurpose } from './volume';

/** What is read from the database of a JupyterHub, as it was written there: nothing in it is checked yet. */
export interface JupyterHubData {
  readonly users: readonly OldUser[];
  /** Accounts of NativeAuthenticator; null: that hub did not use it. */
  readonly accounts: readonly OldAccount[] | null;
  readonly groups: readonly OldGroup[];
  readonly roles: readonly { readonly name: string; readonly scopes: readonly string[] }[];
  /** Names of its services, which live in configuration here. */
  readonly services: readonly string[];
}

export interface OldUser {
  readonly name: string;
  readonly admin: boolean;
  /** null: not known. */
  readonly created: Date | null;
  readonly lastActivity: Date | null;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly tokens: readonly OldToken[];
}

export interface OldAccount {
  readonly name: string;
  /** As bcrypt writes it. */
  readonly hash: string;
  readonly approved: boolean;
  readonly secondFactor: boolean;
}

export interface OldGroup {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
}

export interface OldToken {
  /** `algorithm:rounds:salt:digest`. */
  readonly hash: string;
  readonly prefix: string;
  readonly note: string;
  readonly scopes: readonly string[];
  /** `jupyterhub` for tokens that people asked for; else the OAuth client, which is a server or a service. */
  readonly client: string | null;
  readonly created: Date | null;
  readonly expires: Date | null;
  readonly lastUsed: Date | null;
}

/** One thing of a JupyterHub: what came over, or what did not and why. */
export interface ImportLine {
  readonly kind: 'user' | 'password' | 'group' | 'member' | 'role' | 'token' | 'volume' | 'service' | 'note';
  readonly name: string;
  readonly detail: string;
}

export interface ImportReport {
  readonly came: readonly ImportLine[];
  readonly left: readonly ImportLine[];
  /** Things that an earlier import brought, or that were here before: they are as they were. */
  readonly unchanged: number;
}

/** A volume of the old hub and what it is to its owner here. */
export interface AdoptedVolume {
  readonly purpose: VolumePurpose;
  readonly name: string;
}

/** How that hub named volumes: `{username}` is escaped as DockerSpawner does it, `{raw_username}` is not. */
export interface VolumePattern {
  readonly purpose: VolumePurpose;
  readonly pattern: string;
}

/** DockerSpawner's form of a user's name: what is not `a-z0-9` becomes a hyphen and the hexadecimal digits of each of its bytes. */
export const escapedUserName = (name: string): string =>
  [...name].map((letter) => (/[a-z0-9]/.test(letter) ? letter : [...new TextEncoder().encode(letter)].map((byte) => `-${byte.toString(16)}`).join(''))).join('').toLowerCase();

const DOCKER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

/** undefined: no volume can be called that. */
export function volumeNameOf({ pattern }: VolumePattern, user: string): string | undefined {
  const name = pattern.replaceAll('{username}', () => escapedUserName(user)).replaceAll('{raw_username}', () => user);
  return DOCKER_NAME.test(name) ? name : undefined;
}
