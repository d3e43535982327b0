import type { LogEntry } from '../../hub/domain/account';
import type { ServerState } from '../../hub/domain/server';
import type { UserStatus } from '../../hub/domain/user';
import { Field, Post, Problem } from '../components/form';
import { Pills } from '../components/lists';
import { StateBadge } from '../components/server';
import { Time } from '../components/time';
import { bytes } from '../i18n';
import { Layout, type Shell } from '../layout';
import { UserAccess, type AccessPart } from './user-access';
import { UserCredentials, type CredentialPart } from './user-credentials';
import { UserDelete, type DeletePart } from './user-delete';
import { UserLog } from './user-log';

export const USER_TABS = ['profile', 'access', 'credentials', 'log', 'delete'] as const;
export type UserTab = (typeof USER_TABS)[number];

export interface UserHead {
  readonly id: string;
  readonly name: string;
  readonly status: UserStatus;
  readonly admin: boolean;
  /** The one who looks at the page. */
  readonly self: boolean;
}

export interface ProfilePart {
  readonly tab: 'profile';
  readonly created: Date;
  readonly lastActivity: Date | null;
  readonly mustChangePassword: boolean;
  /** Empty: not said. */
  readonly realName: string;
  readonly email: string;
  readonly servers: readonly { readonly name: string; readonly state: ServerState; readonly profile: string | null; readonly lastActivity: Date | null }[];
  /** Bytes of all volumes, and what is warned of; null: not known, and never. */
  readonly volumeBytes: number | null;
  readonly softQuota: number | null;
  readonly volumes: number;
}

export type UserPart = ProfilePart | AccessPart | CredentialPart | DeletePart | { readonly tab: 'log'; readonly entries: readonly LogEntry[] | null };

export interface UserModel {
  readonly user: UserHead;
  readonly part: UserPart;
  readonly problem: string | undefined;
}

/** Everything about one account, a subject at a time. */
export function userPage(shell: Shell, m: UserModel) {
  const { t, urls } = shell;
  const { user } = m;
  const tabs = USER_TABS.filter((tab) => tab !== 'delete' || !user.self).map((tab) => ({ text: t(`person.tab.${tab}`), href: urls.adminUserPage(user.name, tab === 'profile' ? undefined : tab), chosen: m.part.tab === tab }));
  return (
    <Layout {...shell} title={user.name} live={['users', 'groups', 'servers', 'tokens', 'volumes']}>
      <p class="back"><a href={urls.adminUsers}>{t('people.backToList')}</a></p>
      <p class="chips">
        <span class={`badge ${user.status}`}>{t(`status.${user.status}`)}</span>
        {user.admin ? <span class="badge">{t('users.admin')}</span> : null}
        {user.self ? <span class="badge">{t('person.you')}</span> : null}
      </p>
      <Problem text={m.problem} />
      <Pills pills={tabs} label={t('person.tabs')} />
      <Part shell={shell} user={user} part={m.part} />
    </Layout>
  );
}

interface PartProps<P extends UserPart = UserPart> {
  readonly shell: Shell;
  readonly user: UserHead;
  readonly part: P;
}

function Part({ shell, user, part }: PartProps) {
  switch (part.tab) {
    case 'profile':
      return <Profile shell={shell} user={user} part={part} />;
    case 'access':
      return <UserAccess shell={shell} user={user} part={part} />;
    case 'credentials':
      return <UserCredentials shell={shell} user={user} part={part} />;
    case 'log':
      return <UserLog shell={shell} user={user} entries={part.entries} />;
    case 'delete':
      return <UserDelete shell={shell} user={user} part={part} />;
  }
}

function Profile({ shell, user, part }: PartProps<ProfilePart>) {
  return (
    <>
      {user.status === 'pending' ? <Waiting shell={shell} user={user} /> : null}
      <div class="grid">
        <Facts shell={shell} user={user} part={part} />
        <Servers shell={shell} user={user} part={part} />
      </div>
      {user.status === 'pending' ? null : (
        <div class="grid">
          <Acts shell={shell} user={user} />
          <Rename shell={shell} user={user} part={part} />
        </div>
      )}
    </>
  );
}

function Waiting({ shell, user }: { readonly shell: Shell; readonly user: UserHead }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="waiting">
      <h2 id="waiting">{t('users.pendingTitle')}</h2>
      <p>{t('person.pending')}</p>
      <p class="actions">
        <Act shell={shell} user={user} action="approve" text={t('users.approve')} kind="main" />
        <Post shell={shell} action={urls.adminUser(user.id, 'discard')} class="inline"><button type="submit" class="danger">{t('users.discard')}</button></Post>
      </p>
    </section>
  );
}

function Facts({ shell: { t, urls }, user, part }: PartProps<ProfilePart>) {
  const held = part.volumeBytes === null ? t('person.notMeasured') : part.softQuota === null ? bytes(part.volumeBytes) : t('person.ofQuota', { held: bytes(part.volumeBytes), quota: bytes(part.softQuota) });
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">{t('person.account')}</h2>
      <dl class="facts">
        {part.realName === '' ? null : <><dt>{t('person.realName')}</dt><dd><bdi>{part.realName}</bdi></dd></>}
        {part.email === '' ? null : <><dt>{t('person.email')}</dt><dd><bdi>{part.email}</bdi></dd></>}
        <dt>{t('people.created')}</dt><dd><Time at={part.created} none="" /></dd>
        <dt>{t('users.columnSeen')}</dt><dd><Time at={part.lastActivity} none={t('users.never')} relative /></dd>
        <dt>{t('field.password')}</dt><dd>{t(part.mustChangePassword ? 'person.passwordToChange' : 'person.passwordOwn')}</dd>
        <dt>{t('nav.volumes')}</dt><dd>{part.volumes === 0 ? t('person.noVolumes') : <><a href={urls.volumes(user.name)}>{t('person.volumes', { count: part.volumes })}</a>, {held}</>}</dd>
      </dl>
    </section>
  );
}

function Servers({ shell: { t, urls }, user, part }: PartProps<ProfilePart>) {
  return (
    <section class="panel" aria-labelledby="servers">
      <h2 id="servers">{t('people.servers')}</h2>
      {part.servers.length === 0 ? <p class="hint">{t('person.noServers')}</p> : (
        <ul class="stages">
          {part.servers.map(({ name, state, profile, lastActivity }) => (
            <li key={name}>
              <a href={urls.adminServer(user.name, name)}>{name === '' ? t('home.default') : <bdi>{name}</bdi>}</a> <StateBadge state={state} t={t} /> {profile === null ? null : <span class="hint">{profile}</span>}
              <Time at={lastActivity} none="" relative />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface ActProps {
  readonly shell: Shell;
  readonly user: UserHead;
  readonly action: string;
  readonly text: string;
  readonly kind?: 'main' | 'quiet' | 'danger';
}

/** One thing done to the account, after which the same page comes back. */
function Act({ shell, user, action, text, kind = 'quiet' }: ActProps) {
  return <Post shell={shell} action={shell.urls.adminUser(user.id, action)} class="inline" fields={{ next: shell.here }}><button type="submit" class={kind === 'main' ? undefined : kind}>{text}</button></Post>;
}

function Acts({ shell, user }: { readonly shell: Shell; readonly user: UserHead }) {
  const { t } = shell;
  return (
    <section class="panel" aria-labelledby="acts">
      <h2 id="acts">{t('person.acts')}</h2>
      <dl class="acts">
        <dt>{user.self ? <button type="button" class="quiet" disabled aria-describedby="own-password">{t('users.reset')}</button> : <Act shell={shell} user={user} action="reset" text={t('users.reset')} />}</dt>
        <dd id="own-password">{t(user.self ? 'person.ownPassword' : 'person.resetExplain')}</dd>
        <dt>{user.admin ? <Act shell={shell} user={user} action="admin-off" text={t('users.removeAdmin')} /> : <Act shell={shell} user={user} action="admin-on" text={t('users.makeAdmin')} />}</dt>
        <dd>{t('person.adminExplain')}</dd>
        <dt>
          {user.self ? <button type="button" class="danger" disabled aria-describedby="own-disable">{t('users.disable')}</button>
            : user.status === 'disabled' ? <Act shell={shell} user={user} action="enable" text={t('users.enable')} kind="main" /> : <Act shell={shell} user={user} action="disable" text={t('users.disable')} kind="danger" />}
        </dt>
        <dd id="own-disable">{t(user.self ? 'person.ownDisable' : user.status === 'disabled' ? 'person.enableExplain' : 'person.disableExplain')}</dd>
      </dl>
    </section>
  );
}

function Rename({ shell, user, part }: PartProps<ProfilePart>) {
  const { t, urls } = shell;
  const running = part.servers.some(({ state }) => state.kind !== 'stopped' && state.kind !== 'failed');
  return (
    <section class="panel" aria-labelledby="rename">
      <h2 id="rename">{t('person.rename')}</h2>
      <Post shell={shell} action={urls.adminUser(user.id, 'rename')}>
        <Field id="name" label={t('person.newName')} value={user.name} maxLength={255} autoComplete="off" hint={t(running ? 'person.renameRuns' : 'person.renameHint')} />
        <button type="submit" class="quiet" disabled={running} aria-describedby="name-hint">{t('person.renameSubmit')}</button>
      </Post>
    </section>
  );
}

