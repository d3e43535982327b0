import { Post, Problem } from '../components/form';
import { Layout, type Shell } from '../layout';
import { OutdatedList, type OutdatedRow } from './groups';

export interface GroupsImportModel {
  /** What was pasted; empty at first. */
  readonly text: string;
  /** null: nothing was tried. */
  readonly rehearsal: { readonly groups: readonly ImportLine[]; readonly restart: readonly OutdatedRow[] } | null;
  readonly problem: string | undefined;
}

interface ImportLine {
  readonly name: string;
  readonly what: 'created' | 'changed' | 'same';
  readonly policy: boolean;
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

const TONE = { created: 'badge ok', changed: 'badge warn', same: 'badge' } as const;

export function groupsImportPage(shell: Shell, m: GroupsImportModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('groups.importTitle')}>
      <p class="lead">{t('groups.importExplain')}</p>
      <Problem text={m.problem} />
      {m.rehearsal === null ? null : <Rehearsal t={t} rehearsal={m.rehearsal} />}
      <Post shell={shell} action={urls.adminGroupsImport} class="panel">
        <div class="field"><label for="file">{t('groups.importFile')}</label><textarea id="file" name="file" rows={14} required spellcheck={false} autocapitalize="none">{m.text}</textarea></div>
        <p class="actions">
          {m.rehearsal === null ? null : <button type="submit" name="do" value="apply">{t('groups.importApply')}</button>}
          <button type="submit" name="do" value="try" class={m.rehearsal === null ? undefined : 'quiet'}>{t('groups.importTry')}</button>
          <a class="button quiet" href={urls.adminGroups}>{t('groups.title')}</a>
        </p>
      </Post>
    </Layout>
  );
}

function Rehearsal({ t, rehearsal }: { readonly t: Shell['t']; readonly rehearsal: NonNullable<GroupsImportModel['rehearsal']> }) {
  return (
    <section class="panel" aria-labelledby="would" role="status">
      <h2 id="would">{t('groups.importWould')}</h2>
      <ul class="stages">
        {rehearsal.groups.map(({ name, what, policy, joined, left }) => (
          <li key={name}>
            <strong><bdi>{name}</bdi></strong> <span class={TONE[what]}>{t(`groups.import.${what}`)}</span>
            {policy ? <span>{t('groups.import.policy')}</span> : null}
            {joined.length === 0 ? null : <span>{t('groups.import.joined', { names: joined.join(', ') })}</span>}
            {left.length === 0 ? null : <span>{t('groups.import.left', { names: left.join(', ') })}</span>}
          </li>
        ))}
      </ul>
      {rehearsal.restart.length === 0 ? <p class="hint">{t('groups.outdatedNone')}</p> : <><p>{t('groups.outdatedSome', { count: rehearsal.restart.length })}</p><OutdatedList t={t} servers={rehearsal.restart} /></>}
    </section>
  );
}
