import type { PolicyChange } from '../../hub/domain/policy';
import { amountText } from '../components/policy';
import type { Shell } from '../layout';
import { OutdatedList, type OutdatedRow } from './groups';

interface CountedChange extends PolicyChange {
  readonly users: number;
  readonly names: readonly string[];
}

export interface PreviewModel {
  readonly members: number;
  readonly changes: readonly CountedChange[];
  readonly others: readonly CountedChange[];
  readonly restart: readonly OutdatedRow[];
}

const TONE = { gains: 'badge ok', loses: 'badge bad', changes: 'badge warn' } as const;

/** Who would gain and lose what, and which running servers would be on an older policy. */
export function PolicyPreviewPanel({ t, preview: m }: { readonly t: Shell['t']; readonly preview: PreviewModel }) {
  return (
    <section class="panel" aria-labelledby="preview" role="status">
      <h2 id="preview">{t('groups.previewTitle')}</h2>
      {m.changes.length + m.others.length === 0 ? <p>{t('groups.previewNothing')}</p> : null}
      {m.changes.length === 0 ? null : <><h3>{t('groups.previewMembers', { count: m.members })}</h3><Changes t={t} changes={m.changes} /></>}
      {m.others.length === 0 ? null : <><h3>{t('groups.previewOthers')}</h3><Changes t={t} changes={m.others} /></>}
      {m.restart.length === 0 ? <p class="hint">{t('groups.outdatedNone')}</p> : <><p>{t('groups.outdatedSome', { count: m.restart.length })}</p><OutdatedList t={t} servers={m.restart} /></>}
    </section>
  );
}

function Changes({ t, changes }: { readonly t: Shell['t']; readonly changes: readonly CountedChange[] }) {
  return (
    <ul class="stages">
      {changes.map((change) => (
        <li key={JSON.stringify([change.kind, change.what, change.name, change.before, change.after])}>
          <span class={TONE[change.kind]}>{t(`groups.kind.${change.kind}`)}</span>
          <span>{t(`groups.what.${change.what}`, { name: change.name, before: amountText(change.what, change.before, t), after: amountText(change.what, change.after, t) })}</span>
          <span class="hint">{t('groups.users', { count: change.users })} (<bdi>{change.names.join(', ')}{change.users > change.names.length ? ', …' : ''}</bdi>)</span>
        </li>
      ))}
    </ul>
  );
}
