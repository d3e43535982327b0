import { z } from 'zod';
import { HEAVIEST } from '../domain/fair-order';
import { isRedirectUri, isServiceUrl, SERVICE_CLIENT_ID, SERVICE_NAME, SERVICE_TOKEN } from '../domain/service';
import * as v from './values';

/** What the configuration gives by name: groups, roles, scopes of its own, services. */

const name = v.text;
const names = z.array(name);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of an environment variable');
const httpUrl = z.string().refine(isServiceUrl, 'expected an http address such as http://127.0.0.1:9999');
const token = z.string().regex(SERVICE_TOKEN, 'expected at least 16 characters without spaces; openssl rand -hex 32 makes a good one');
const redirectUri = z.string().refine(isRedirectUri, 'expected an address or a path');

export const group = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/, 'expected letters, digits and . _ -'),
  users: names.default([]),
  outbound: z.enum(['none', 'open'], { error: 'expected one of none, open' }).default('none'),
  roles: names.default([]),
  weight: v.wholeNumber(1, HEAVIEST).prefault(1),
  limits: z.strictObject({ servers: v.countOrNone.optional(), memory: v.sizeOrNone.optional(), cpus: v.amountOrNone.optional() }).default({}),
  idleLimit: v.durationOrNone.optional(),
  maxAge: v.durationOrNone.optional(),
  properties: z.record(z.string().max(255), z.json()).optional(),
});

export const role = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9\-_~.]{1,253}[a-z0-9]$/, 'expected 3 to 255 characters: lower-case letters, digits and - _ ~ . between the first and the last'),
  description: z.string().max(1024).optional(),
  scopes: z.array(z.string()).optional(),
  users: names.optional(),
  groups: names.optional(),
  services: names.optional(),
});

export const customScopes = z.record(z.string(), z.strictObject({ description: z.string(), subscopes: z.array(z.string()).default([]) }));

export const service = z.strictObject({
  name: z.string().regex(SERVICE_NAME, 'expected 1 to 64 letters and digits, with . _ - between them'),
  token: token.optional(),
  tokenFile: v.text.optional(),
  admin: v.yesNo.optional(),
  roles: names.default([]),
  url: httpUrl.optional(),
  command: z.array(v.text).min(1, 'expected a program and its arguments').optional(),
  cwd: v.text.optional(),
  environment: z.record(variable, z.string()).default({}),
  oauthClientId: z.string().regex(SERVICE_CLIENT_ID, 'expected service- and letters, digits, . _ -').optional(),
  oauthRedirectUri: redirectUri.optional(),
  oauthNoConfirm: v.yesNo.optional(),
  oauthAllowedScopes: z.array(z.string()).default([]),
  display: v.yesNo.optional(),
  info: z.record(z.string().max(255), z.json()).default({}),
});

export interface DeclaredSettings {
  readonly groups: readonly z.output<typeof group>[];
  readonly roles: readonly z.output<typeof role>[];
  readonly customScopes: Readonly<Record<string, { readonly description: string; readonly subscopes: readonly string[] }>>;
  readonly services: readonly z.output<typeof service>[];
}
