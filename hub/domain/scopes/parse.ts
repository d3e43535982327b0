import { HubError } from '../errors';
import { shown } from '../shown';
import { FILTERS, METASCOPES, TREE, type BuiltInScope, type CustomScope, type FilterKind, type Metascope, type ScopeName, type Vocabulary } from './tree';

/** One scope string, understood but not yet resolved. */
export type ParsedScope =
  | { readonly kind: 'meta'; readonly name: Metascope }
  | { readonly kind: 'scope'; readonly name: ScopeName; readonly filter: ParsedFilter | null };

/** `value` null is a shorthand (`!user`): resolved when it is expanded. */
export interface ParsedFilter {
  readonly kind: FilterKind;
  readonly value: string | null;
}

const CUSTOM = /^custom:[a-z0-9][a-z0-9_\-*:]+[a-z0-9_*]$/;
const MAX_LENGTH = 1024;
const builtIn = (name: string): name is BuiltInScope => Object.hasOwn(TREE, name);

/** The built-in scopes plus the declared ones. Throws `invalid-input` for a declaration that JupyterHub would refuse. */
export function createVocabulary(custom: Readonly<Record<string, CustomScope>> = {}): Vocabulary {
  const declared = new Map<string, readonly ScopeName[]>();
  for (const [name, scope] of Object.entries(custom)) {
    if (!CUSTOM.test(name)) throw invalid(`Invalid custom scope name: ${quoted(name)}`);
    if (scope.description.trim() === '') throw invalid(`Custom scope ${name} needs a description`);
    const stray = (scope.implies ?? []).find((implied) => !Object.hasOwn(custom, implied));
    if (stray !== undefined) throw invalid(`Custom scope ${name} may imply declared custom scopes only, not ${quoted(stray)}`);
    declared.set(name, (scope.implies ?? []) as readonly ScopeName[]);
  }
  return { implied: (scope) => (builtIn(scope) ? TREE[scope] : declared.get(scope)) };
}

export const BUILT_IN: Vocabulary = createVocabulary();

/**
 * Strict: an unknown scope, an unknown filter, an empty or malformed value throws `invalid-input`, at mint and at startup alike (D21).
 * That the named user or server exists is not checked.
 */
export function parseScope(raw: string, vocabulary: Vocabulary = BUILT_IN): ParsedScope {
  if (raw.length > MAX_LENGTH) throw invalid(`Scope too long: ${quoted(raw)}`);
  const meta = METASCOPES.find((name) => name === raw);
  if (meta !== undefined) return { kind: 'meta', name: meta };
  const bang = raw.indexOf('!');
  const name = bang === -1 ? raw : raw.slice(0, bang);
  if (vocabulary.implied(name) === undefined) throw invalid(`Unknown scope: ${quoted(raw)}`);
  return { kind: 'scope', name: name as ScopeName, filter: bang === -1 ? null : parseFilter(raw, raw.slice(bang + 1)) };
}

export const parseScopes = (raw: readonly string[], vocabulary: Vocabulary = BUILT_IN): readonly ParsedScope[] => raw.map((scope) => parseScope(scope, vocabulary));

/** For what was stored earlier: a scope that is not understood any more grants nothing, instead of failing every request. */
export function parseStored(raw: readonly string[], vocabulary: Vocabulary = BUILT_IN): readonly ParsedScope[] {
  return raw.flatMap((scope) => {
    try {
      return [parseScope(scope, vocabulary)];
    } catch (err) {
      if (err instanceof HubError) return [];
      throw err;
    }
  });
}

function parseFilter(raw: string, text: string): ParsedFilter {
  const equals = text.indexOf('=');
  const kind = FILTERS.find((known) => known === (equals === -1 ? text : text.slice(0, equals)));
  if (kind === undefined) throw invalid(`Unknown filter in scope: ${quoted(raw)}`);
  if (equals === -1) {
    if (kind === 'group') throw invalid(`A group filter needs a name: ${quoted(raw)}`);
    return { kind, value: null };
  }
  const value = text.slice(equals + 1);
  if (!isName(value) || !hasShape(kind, value)) throw invalid(`Malformed filter in scope: ${quoted(raw)}`);
  return { kind, value };
}

/** A second filter is refused rather than read as part of a name. */
const SECOND_FILTER = /!(?:user|server|group|service)(?:=|$)/;
const isName = (value: string): boolean => value !== '' && value === value.trim() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value) && !SECOND_FILTER.test(value);

function hasShape(kind: FilterKind, value: string): boolean {
  const slash = value.indexOf('/');
  if (kind === 'group') return true;
  if (kind !== 'server') return slash === -1;
  const [user, server, ...rest] = value.split('/');
  return rest.length === 0 && server !== undefined && user !== '' && user === user?.trim() && server === server.trim();
}

const invalid = (message: string): HubError => new HubError('invalid-input', message);

/** What was sent, safe and short enough to show. */
const quoted = (text: string): string => `'${shown(text, 100)}'`;
