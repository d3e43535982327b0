import { can, demand, demandMayChange, isOwn, type Actor } from '../domain/access';
import { ACCOUNT_LANGUAGES, ACCOUNT_THEMES, parseEmail, parseRealName, type AccountDetails, type LogEntry, type LogKind } from '../domain/account';
import type { AuditRow } from '../domain/audit';
import { HubError } from '../domain/errors';
import type { UserId } from '../domain/ids';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Recorder } from './contract';
import { targetOf } from './account-deps';

/**
 * What belongs to an account beside the account itself. One's own, and for administrators that of others: throws `not-found` for what the
 * actor may not see, as for what does not exist, and `forbidden` where it may see nothing of the kind.
 */
export interface AccountInfo {
  /** One's own with `read:users`; those of others take `admin:users`. */
  details(actor: Actor, owner: User): AccountDetails;
  /** One's own in a browser only, as the password: a program's token is never good for that. Throws `invalid-input`. What is absent stays as it is. */
  change(actor: Actor, owner: User, ask: Partial<AccountDetails>): AccountDetails;
  /** For a browser in which this user has just signed in. */
  choices(user: UserId): Pick<AccountDetails, 'language' | 'theme'>;
  /**
   * Newest first, below the id `before`. `next`: the `before` of the next page; null: that was all. One's own with `read:users`; those of
   * others are for administrators. Addresses are those of the reader, and of who tried to sign in.
   */
  log(actor: Actor, owner: User, ask: { readonly kind?: LogKind | undefined; readonly before?: number | undefined; readonly limit: number }): { readonly entries: readonly LogEntry[]; readonly next: number | null };
}

export interface AccountInfoDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
}

export function createAccountInfo({ store, audit }: AccountInfoDeps): AccountInfo {
  const demandSees = (actor: Actor, owner: User): void => demand(actor, isOwn(actor, owner) ? 'read:users' : 'admin:users', targetOf(store, owner));

  return {
    details(actor, owner) {
      demandSees(actor, owner);
      return store.accounts.details(owner.id);
    },
    change(actor, owner, ask) {
      if (!(isOwn(actor, owner) && actor.via === 'cookie')) {
        if (isOwn(actor, owner) && !can(actor, 'admin:users', targetOf(store, owner))) throw new HubError('forbidden', 'Sign in with a browser to change your own account.');
        demand(actor, 'admin:users', targetOf(store, owner));
        demandMayChange(actor, owner);
      }
      const wanted = understood(ask);
      return store.transaction(() => {
        const before = store.accounts.details(owner.id);
        const after = { ...before, ...wanted };
        const changed = (Object.keys(wanted) as (keyof AccountDetails)[]).filter((key) => before[key] !== after[key]);
        if (changed.length === 0) return before;
        store.accounts.setDetails(owner.id, after);
        // Which, not what: the log is kept for longer than people may want to be known by a name.
        audit.record(actor, 'user.details', `user:${owner.name}`, { detail: { user: owner.id, keys: changed } });
        return after;
      });
    },
    choices: (user) => store.accounts.details(user),
    log(actor, owner, { kind, before, limit }) {
      demandSees(actor, owner);
      if (!isOwn(actor, owner) && !actor.admin) throw new HubError('forbidden', 'Only administrators may read the activity of others.');
      const found = store.accounts.log({ user: owner.id, kind, before, limit: limit + 1 });
      const entries = found.slice(0, limit).map(({ kind: of, row }) => entryOf(row, of, owner));
      return { entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
    },
  };
}

function understood({ realName, email, language, theme }: Partial<AccountDetails>): Partial<AccountDetails> {
  if (language !== undefined && language !== null && !ACCOUNT_LANGUAGES.includes(language)) throw new HubError('invalid-input', 'There is no such language here.');
  if (theme !== undefined && theme !== null && !ACCOUNT_THEMES.includes(theme)) throw new HubError('invalid-input', 'There is no such theme.');
  return {
    ...(realName === undefined ? {} : { realName: parseRealName(realName) }),
    ...(email === undefined ? {} : { email: parseEmail(email) }),
    ...(language === undefined ? {} : { language }),
    ...(theme === undefined ? {} : { theme }),
  };
}

const WHO: Readonly<Record<string, LogEntry['byKind']>> = { user: 'user', service: 'service', local: 'user', hub: 'hub', anonymous: 'anonymous' };

function entryOf(row: AuditRow, kind: LogKind, owner: User): LogEntry {
  const byKind = row.actorKind === 'user' && row.actorId === owner.id ? 'self' : (WHO[row.actorKind] ?? 'hub');
  const mayKnow = byKind === 'self' || byKind === 'anonymous';
  return {
    id: row.id, at: row.at, kind, action: row.action, result: row.result, byKind, target: row.target,
    by: byKind === 'hub' || byKind === 'anonymous' ? null : row.actor,
    address: mayKnow && row.address !== '' ? row.address : null,
    about: aboutOf(row.detail),
  };
}

/** The one field that says more than the action: others are ids, or not for everybody. */
function aboutOf({ note, why, reason }: AuditRow['detail']): string {
  const text = [note, why, reason].find((one) => typeof one === 'string');
  return typeof text === 'string' ? text : '';
}
