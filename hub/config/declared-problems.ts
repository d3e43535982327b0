import { HubError } from '../domain/errors';
import { createVocabulary, parseScopes } from '../domain/scopes/parse';
import { DEFAULT_ROLES } from '../domain/scopes/roles';
import type { CustomScope, Vocabulary } from '../domain/scopes/tree';
import type { DeclaredSettings } from './declared';

/** The scopes that the configuration adds, as the vocabulary takes them. */
export const customScopesOf = (declared: DeclaredSettings['customScopes']): Readonly<Record<string, CustomScope>> =>
  Object.fromEntries(Object.entries(declared).map(([name, { description, subscopes }]) => [name, { description, implies: subscopes }]));

/** What one entry cannot see of the others: names that mean nothing, and what is there twice. */
export function declaredProblems(declared: DeclaredSettings): readonly string[] {
  const { vocabulary, problems } = vocabularyOf(declared);
  return [...problems, ...(vocabulary === undefined ? [] : scopeProblems(declared, vocabulary)), ...roleProblems(declared), ...serviceProblems(declared)];
}

function vocabularyOf({ customScopes }: DeclaredSettings): { readonly vocabulary: Vocabulary | undefined; readonly problems: readonly string[] } {
  let vocabulary: Vocabulary | undefined;
  const problem = refusal(() => (vocabulary = createVocabulary(customScopesOf(customScopes))));
  return { vocabulary, problems: problem === undefined ? [] : [`customScopes: ${problem}`] };
}

function scopeProblems({ roles, services }: DeclaredSettings, vocabulary: Vocabulary): readonly string[] {
  const check = (where: string, scopes: readonly string[]): readonly string[] =>
    scopes.flatMap((scope) => {
      const problem = refusal(() => parseScopes([scope], vocabulary));
      return problem === undefined ? [] : [`${where}: ${problem}`];
    });
  return [...roles.flatMap(({ name, scopes = [] }) => check(`roles.${name}.scopes`, scopes)), ...services.flatMap(({ name, oauthAllowedScopes }) => check(`services.${name}.oauthAllowedScopes`, oauthAllowedScopes))];
}

function roleProblems({ roles, groups, services }: DeclaredSettings): readonly string[] {
  const known = new Set([...DEFAULT_ROLES, ...roles].map(({ name }) => name));
  const unknown = (where: string, named: readonly string[]): readonly string[] => named.filter((name) => !known.has(name)).map((name) => `${where}: there is no role ${name}`);
  const stray = roles.flatMap((role) => (role.services ?? []).filter((name) => !services.some((service) => service.name === name)).map((name) => `roles.${role.name}.services: there is no service ${name}`));
  const admin = roles.filter(({ name, scopes, description }) => name === 'admin' && (scopes !== undefined || description !== undefined));
  return [
    ...admin.map(() => 'roles.admin: its scopes and its description cannot be changed; its users, groups and services can'),
    ...stray,
    ...groups.flatMap(({ name, roles: held }) => [...unknown(`groups.${name}.roles`, held), ...(held.includes('admin') ? [ADMIN_GROUP(`groups.${name}.roles`)] : [])]),
    ...roles.filter(({ name, groups: named = [] }) => name === 'admin' && named.length > 0).map(() => ADMIN_GROUP('roles.admin.groups')),
    ...services.flatMap(({ name, roles: held }) => unknown(`services.${name}.roles`, held)),
  ];
}

/** The flag of an account and the role are one: a group's members would hold the scopes and be no administrators. */
const ADMIN_GROUP = (where: string): string => `${where}: administrators are named one by one; give a group a role of its own`;

function serviceProblems({ services }: DeclaredSettings): readonly string[] {
  const twice = (what: string, of: (service: DeclaredSettings['services'][number]) => string | undefined): readonly string[] => {
    const seen = services.map(of);
    return services.filter((service, i) => seen[i] !== undefined && seen.indexOf(seen[i]) !== i).map(({ name }) => `services.${name}: another service has the same ${what}`);
  };
  return [
    ...twice('name', ({ name }) => name),
    ...twice('token', ({ token }) => token),
    ...twice('oauthClientId', ({ name, oauthClientId = `service-${name}` }) => oauthClientId),
    ...services.filter(({ token, tokenFile }) => token !== undefined && tokenFile !== undefined).map(({ name }) => `services.${name}: token and tokenFile are both set; keep one of them`),
    ...services.filter(({ command, cwd, environment }) => command === undefined && (cwd !== undefined || Object.keys(environment).length > 0)).map(({ name }) => `services.${name}: cwd and environment are for what the hub runs; there is no command`),
  ];
}

function refusal(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (err) {
    if (err instanceof HubError) return err.message;
    throw err;
  }
}
