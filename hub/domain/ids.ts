import { randomUUID } from 'node:crypto';

/** Immutable identities and the names that only decorate them: a rename moves nothing, a re-created name inherits nothing. */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type UserId = Branded<string, 'UserId'>;
export type ServerId = Branded<string, 'ServerId'>;
export type GroupId = Branded<string, 'GroupId'>;
export type VolumeId = Branded<string, 'VolumeId'>;
export type SessionId = Branded<string, 'SessionId'>;
export type TokenId = Branded<string, 'TokenId'>;
/** A hub's own identity, made at its first start and kept in the store: two hubs may share one Docker engine. */
export type InstanceId = Branded<string, 'InstanceId'>;

/** Normalised (NFKC, lower case) and valid; see `names.ts`. */
export type UserName = Branded<string, 'UserName'>;
/** The empty string is the default server, here and on JupyterHub's wire. */
export type ServerName = Branded<string, 'ServerName'>;

export const DEFAULT_SERVER = '' as ServerName;

/** A fresh random identity (122 bits). */
export const newId = <T extends string>(): T => randomUUID() as string as T;
