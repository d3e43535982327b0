import type { ComponentChildren } from 'preact';
import type { Section } from '../../hub/domain/policy';
import { Post, Problem } from '../components/form';
import { Pager } from '../components/lists';
import { sectionNames } from '../components/policy';
import { Layout, type Shell } from '../layout';
import { PolicyPreviewPanel, type PreviewModel } from './group-preview';
import { Rules } from './groups';

/** The policy as the form has it: what somebody typed stays typed, also when it is not understood. */
export interface PolicyForm {
  readonly on: Readonly<Record<Section, boolean>>;
  /** Slugs that are ticked. */
  readonly profiles: readonly string[];
  readonly cpus: string;
  readonly memory: string;
  readonly servers: string;
  readonly folders: string;
  readonly variables: string;
  readonly idleLimit: string;
  readonly maxAge: string;
}

export interface GroupModel {
  readonly name: string;
  readonly rank: number;
  readonly groups: number;
  readonly members: { readonly names: readonly string[]; readonly total: number; readonly offset: number; readonly limit: number };
  readonly roles: readonly string[];
  readonly builtIn: boolean;
  /** Members get the engine's socket, whoever says so. */
  readonly docker: boolean;
  /** What gives something beside the policy of this form. */
  readonly declared: readonly Section[];
  readonly form: PolicyForm;
  readonly profiles: readonly { readonly slug: string; readonly title: string }[];
  /** Folders of the host that may be mounted. */
  readonly mountable: readonly string[];
  readonly ignored: readonly Section[];
  /** null: nothing was previewed. */
  readonly preview: PreviewModel | null;
  readonly mayChange: boolean;
  readonly problem: string | undefined;
}

export function groupPage(shell: Shell, m: GroupModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={m.name}>
      <p class="lead">{t('groups.sentence', { members: m.members.total, rank: m.rank, total: m.groups })} <a href={urls.adminGroups}>{t('groups.title')}</a></p>
      <Problem text={m.problem} />
      {m.docker ? <p class="note bad">{t('groups.dockerWarning')}</p> : null}
      {m.builtIn ? <p class="note warn">{t('groups.builtInExplain')}</p> : null}
      {m.ignored.length === 0 ? null : <p class="note warn">{t('groups.ignored', { sections: sectionNames(m.ignored, t) })}</p>}
      {m.preview === null ? null : <PolicyPreviewPanel t={t} preview={m.preview} />}
      <Policy shell={shell} m={m} />
      <div class="grid">
        <Members shell={shell} m={m} />
        <section class="panel" aria-labelledby="roles">
          <h2 id="roles">{t('groups.roles')}</h2>
          {m.roles.length === 0 ? <p>{t('groups.noRoles')}</p> : <ul class="chips">{m.roles.map((role) => <li key={role} class="badge">{role}</li>)}</ul>}
          <p class="hint">{t('groups.rolesExplain')}</p>
        </section>
      </div>
      <Rules t={t} />
      {m.builtIn || !m.mayChange ? null : <p><a class="button danger" href={urls.adminGroupAct(m.name, 'delete')}>{t('groups.delete')}</a></p>}
    </Layout>
  );
}

interface Part {
  readonly shell: Shell;
  readonly m: GroupModel;
}

function Policy({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="policy">
      <h2 id="policy">{t('groups.policy')}</h2>
      {m.declared.length === 0 ? null : <p class="hint">{t('groups.declared', { what: sectionNames(m.declared, t) })}</p>}
      <Post shell={shell} action={urls.adminGroupAct(m.name, 'policy')}>
        <Sections t={t} m={m} />
        <p class="hint">{t('groups.previewHint')}</p>
        <p class="actions">
          {m.preview === null ? null : <button type="submit" name="do" value="save" disabled={!m.mayChange}>{t('groups.save')}</button>}
          <button type="submit" name="do" value="preview" class={m.preview === null ? undefined : 'quiet'}>{m.preview === null ? t('groups.preview') : t('groups.previewAgain')}</button>
        </p>
      </Post>
    </section>
  );
}

interface Inner {
  readonly t: Shell['t'];
  readonly m: GroupModel;
}

function Sections({ t, m }: Inner) {
  const { form } = m;
  return (
    <>
      <Switch t={t} m={m} section="profiles">
        {m.profiles.map(({ slug, title }) => <label key={slug} class="choice"><input type="checkbox" name={`profile.${slug}`} value="on" checked={form.profiles.includes(slug)} /> {title} <span class="hint">{slug}</span></label>)}
      </Switch>
      <Switch t={t} m={m} section="limits">
        <div class="filters">
          <Text id="cpus" label={t('groups.cpus')} value={form.cpus} decimal />
          <Text id="memory" label={t('groups.memory')} value={form.memory} />
          <Text id="servers" label={t('groups.servers')} value={form.servers} decimal />
        </div>
      </Switch>
      <Switch t={t} m={m} section="mounts" more={m.mountable.length === 0 ? t('groups.explain.mountsNone') : t('groups.explain.mountsAllowed', { folders: m.mountable.join(', ') })}>
        <Lines id="folders" label={t('groups.folders')} value={form.folders} />
      </Switch>
      <Switch t={t} m={m} section="environment"><Lines id="variables" label={t('groups.variables')} value={form.variables} /></Switch>
      <Switch t={t} m={m} section="idle">
        <div class="filters">
          <Text id="idleLimit" label={t('groups.idleLimit')} value={form.idleLimit} />
          <Text id="maxAge" label={t('groups.maxAge')} value={form.maxAge} />
        </div>
      </Switch>
      <Switch t={t} m={m} section="network" />
      <Switch t={t} m={m} section="docker" danger />
    </>
  );
}

interface SwitchProps extends Inner {
  readonly section: Section;
  readonly more?: string;
  readonly danger?: boolean;
  readonly children?: ComponentChildren;
}

/** What it says is folded away while it is off, and goes with the form all the same. */
function Switch({ t, m, section, more, danger, children }: SwitchProps) {
  const explain = `explain-${section}`;
  return (
    <fieldset class="switch">
      <legend><label><input type="checkbox" name={`on.${section}`} value="on" checked={m.form.on[section]} aria-describedby={explain} /> {t(`groups.section.${section}`)}</label></legend>
      <p class="hint" id={explain}>{t(`groups.explain.${section}`)}{more === undefined ? null : ` ${more}`}</p>
      {danger === true ? <p class="hint warn">{t('groups.dockerWarning')}</p> : null}
      {children === undefined ? null : <div class="fold">{children}</div>}
    </fieldset>
  );
}

function Text({ id, label, value, decimal }: { readonly id: string; readonly label: string; readonly value: string; readonly decimal?: boolean }) {
  return <div class="field"><label for={id}>{label}</label><input id={id} name={id} type="text" value={value} maxLength={32} autocomplete="off" inputMode={decimal === true ? 'decimal' : undefined} /></div>;
}

function Lines({ id, label, value }: { readonly id: string; readonly label: string; readonly value: string }) {
  return <div class="field"><label for={id}>{label}</label><textarea id={id} name={id} rows={4} spellcheck={false} autocapitalize="none">{value}</textarea></div>;
}

function Members({ shell, m }: Part) {
  const { t, urls } = shell;
  const { names, total, offset, limit } = m.members;
  return (
    <section class="panel" aria-labelledby="members">
      <h2 id="members">{t('groups.members')}</h2>
      {total === 0 ? <p>{t('groups.noMembers')}</p> : null}
      <ul class="stages">
        {names.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi>
            {m.mayChange ? <Post shell={shell} action={urls.adminGroupAct(m.name, 'remove')} class="inline end" fields={{ user: name }}><button type="submit" class="danger" aria-label={t('groups.removeNamed', { name })}>{t('groups.remove')}</button></Post> : null}
          </li>
        ))}
      </ul>
      <Pager t={t} offset={offset} limit={limit} total={total} at={(to) => `${urls.adminGroup(m.name)}?offset=${to}`} />
      {m.mayChange ? (
        <Post shell={shell} action={urls.adminGroupAct(m.name, 'members')}>
          <div class="field"><label for="users">{t('groups.add')}</label><textarea id="users" name="users" rows={2} required spellcheck={false} autocapitalize="none" aria-describedby="users-hint" /><p class="hint" id="users-hint">{t('groups.addHint')}</p></div>
          <button type="submit" class="quiet">{t('groups.addSubmit')}</button>
        </Post>
      ) : null}
    </section>
  );
}

export interface DeleteModel {
  readonly name: string;
  /** The first ones. */
  readonly members: readonly string[];
  readonly total: number;
}

/** Names whom it is taken from. */
export function deleteGroupPage(shell: Shell, m: DeleteModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('groups.deleteTitle', { name: m.name })} width="narrow">
      <Post shell={shell} action={urls.adminGroupAct(m.name, 'delete')} class="panel">
        <p>{t('groups.deleteText')}</p>
        {m.total === 0 ? <p>{t('groups.deleteNoMembers')}</p> : <p>{t('groups.deleteMembers', { count: m.total })} <bdi>{m.members.join(', ')}</bdi>{m.total > m.members.length ? ` ${t('groups.more', { count: m.total - m.members.length })}` : null}</p>}
        <p class="actions">
          <a class="button" href={urls.adminGroup(m.name)}>{t('groups.keep')}</a>
          <button type="submit" class="danger">{t('groups.deleteSubmit', { name: m.name })}</button>
        </p>
      </Post>
    </Layout>
  );
}
