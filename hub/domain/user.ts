import type { GroupId, UserId, UserName } from './ids';

/** `pending` waits for an administrator; `disabled` keeps its data and may do nothing. Only `active` may sign in. */
export type UserStatus = 'pending' | 'active' | 'disabled';

export interface User {
  readonly id: UserId;
  readonly name: UserName;
  /** In step with the `admin` role, both ways. */
  readonly admin: boolean;
  readonly status: UserStatus;
  readonly created: Date;
  /** null: never seen. */
  readonly lastActivity: Date | null;
  /** True after an administrator set the password: the user is asked for a new one at the next sign-in. */
  readonly mustChangePassword: boolean;
}

export interface Group {
  readonly id: GroupId;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Role {
  readonly name: string;
  readonly description: string;
  /** Raw scope strings as configured; expanded by `scopes/`. */
  readonly scopes: readonly string[];
}
