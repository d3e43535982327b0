import type { EffectivePolicy } from '../../hub/domain/policy';
import { TREE, type BuiltInScope } from '../../hub/domain/scopes/tree';
import { Empty } from '../components/amounts';
import { Post } from '../components/form';
import { Grants } from '../components/grants';
import { DockerWarning } from '../components/policy';
import type { Translate } from '../i18n';
import type { Shell } from '../layout';
import type { UserHead } from './user';

/** Where a permission comes from. null: see `Permission` of the service that explains them. */
export interface Source {
  readonly role: string | null;
  readonly group: string | null;
  readonly share: string | null;
}

export interface AccessPart {
  readonly tab: 'access';
  readonly groups: readonly { readonly name: string; readonly roles: readonly string[] }[];
  /** Groups that there are besides; offered while one is typed. */
  readonly others: readonly string[];
  readonly mayGroup: boolean;
  /** What the groups give to its servers; `titles`: of profiles, by slug. null: not for the reader. */
  readonly given: { readonly policy: EffectivePolicy; readonly titles: ReadonlyMap<string, string> } | null;
  readonly roles: readonly string[];
  /** Roles that could be given; empty: none, or not by this reader. */
  readonly givable: readonly string[];
  readonly permissions: readonly { readonly scope: string; readonly from: readonly Source[] }[];
}

interface Props {
  readonly shell: Shell;
  readonly user: UserHead;
  readonly part: AccessPart;
}

/** Groups and roles, and what follows from them: in words, and why. */
export function UserAccess(p: Props) {
  return (
    <>
      <div class="grid">
        <Groups {...p} />
        <Roles {...p} />
      </div>
      <Given {...p} />
      <Effective {...p} />
    </>
  );
}

function Groups({ shell, user, part }: Props) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="groups">
      <h2 id="groups">{t('people.groups')}</h2>
      {part.groups.length === 0 ? <p class="hint">{t('person.noGroups')}</p> : (
        <ul class="stages">
          {part.groups.map(({ name, roles }) => (
            <li key={name}>
              <a href={urls.adminGroup(name)}><bdi>{name}</bdi></a> {roles.map((role) => <span class="badge" key={role}>{role}</span>)}
              {part.mayGroup ? <Post shell={shell} action={urls.adminUser(user.id, 'leave-group')} class="inline end" fields={{ next: shell.here, group: name }}><button type="submit" class="quiet" aria-label={t('person.leaveNamed', { group: name })}>{t('person.leave')}</button></Post> : null}
            </li>
          ))}
        </ul>
      )}
      {part.mayGroup ? (
        <Post shell={shell} action={urls.adminUser(user.id, 'join-group')} class="inline" fields={{ next: shell.here }}>
          <label for="join">{t('people.group')}</label>
          <input id="join" name="group" required maxLength={255} list="others" autocomplete="off" />
          <datalist id="others">{part.others.map((name) => <option key={name} value={name} />)}</datalist>
          <button type="submit" class="quiet">{t('person.join')}</button>
        </Post>
      ) : null}
    </section>
  );
}

/** What no role says: profiles, limits, mounts, variables, time, network and Docker. */
function Given({ shell, user, part: { groups, given } }: Props) {
  const { t } = shell;
  if (given === null || groups.length === 0) return null;
  const { docker } = given.policy;
  return (
    <section class="panel" aria-labelledby="given">
      <h2 id="given">{t('person.given')}</h2>
      <DockerWarning shell={shell} docker={docker.value ? { name: user.name, groups: docker.from } : null} />
      <Grants policy={given.policy} titles={given.titles} t={t} />
    </section>
  );
}

const FIXED = new Set(['user', 'admin']);

function Roles({ shell, user, part }: Props) {
  const { t, urls } = shell;
  const addable = part.givable.filter((role) => !part.roles.includes(role));
  return (
    <section class="panel" aria-labelledby="roles">
      <h2 id="roles">{t('person.roles')}</h2>
      {part.roles.length === 0 ? <p class="hint">{t('person.noRoles')}</p> : (
        <ul class="stages">
          {part.roles.map((role) => (
            <li key={role}>
              <code>{role}</code>
              {FIXED.has(role) || !(part.givable.includes(role) || role === 'researcher') ? <span class="hint inline end">{role === 'admin' ? t('person.adminRole') : role === 'user' ? t('person.userRole') : null}</span> : (
                <Post shell={shell} action={urls.adminUser(user.id, 'role')} class="inline end" fields={{ next: shell.here, role, given: 'no' }}><button type="submit" class="quiet" aria-label={t('person.takeNamed', { role })}>{t('person.take')}</button></Post>
              )}
            </li>
          ))}
        </ul>
      )}
      {addable.length === 0 ? null : (
        <Post shell={shell} action={urls.adminUser(user.id, 'role')} class="inline" fields={{ next: shell.here, given: 'yes' }}>
          <label for="role">{t('person.role')}</label>
          <select id="role" name="role">{addable.map((role) => <option key={role} value={role}>{role}</option>)}</select>
          <button type="submit" class="quiet">{t('person.give')}</button>
        </Post>
      )}
    </section>
  );
}

const isBuiltIn = (name: string): name is BuiltInScope => Object.hasOwn(TREE, name);

/** What a scope says in words, and on what; scopes that stand for others have words of their own. */
function words(scope: string, t: Translate): string {
  const [name = '', filter = ''] = scope.split('!');
  const what = name === 'self' ? t('person.self') : isBuiltIn(name) ? t(`scope.${name}`) : t('person.ownScope');
  if (filter === '') return name === 'self' ? what : t('person.onAll', { what });
  if (filter === 'user') return t('person.onOwn', { what });
  const [kind = '', on = ''] = filter.split('=');
  return t('person.onThat', { what, on: on === '' ? kind : on });
}

const fromText = ({ role, group, share }: Source, t: Translate): string => {
  const by = share !== null ? t('person.byShare', { server: share }) : t('person.byRole', { role: role ?? '' });
  return group === null ? by : t('person.byGroup', { by, group });
};

function Effective({ shell: { t }, user, part }: Props) {
  if (user.status !== 'active') return <section><h2>{t('person.effective')}</h2><Empty title={t('person.effectiveNone')} /></section>;
  return (
    <section aria-labelledby="effective">
      <h2 id="effective">{t('person.effective')}</h2>
      <p class="hint">{t('person.effectiveExplain')}</p>
      <div class="scroll">
        <table>
          <thead><tr><th scope="col">{t('person.mayDo')}</th><th scope="col">{t('person.because')}</th><th scope="col" class="drop-1">{t('person.scope')}</th></tr></thead>
          <tbody>
            {part.permissions.map(({ scope, from }) => (
              <tr key={scope}>
                <th scope="row">{words(scope, t)}</th>
                <td data-label={t('person.because')} class="roomy">{from.map((source) => <div key={fromText(source, t)}>{fromText(source, t)}</div>)}</td>
                <td data-label={t('person.scope')} class="drop-1"><code>{scope}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
