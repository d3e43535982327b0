import { Post } from '../components/form';
import { Layout, type Shell } from '../layout';

export interface BulkModel {
  readonly title: string;
  readonly text: string;
  /** By name, all of them: nobody agrees to a number alone. */
  readonly names: readonly string[];
  /** Name of the field in which they are sent again. */
  readonly field: string;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly action: string;
  readonly submit: string;
  readonly danger: boolean;
  readonly back: string;
}

const FOLDED = 12;

/** Asks before something is done to several things: how many, and which. */
export function bulkPage(shell: Shell, m: BulkModel) {
  const { t } = shell;
  const list = <ul class="chips">{m.names.map((name) => <li key={name} class="badge"><bdi>{name}</bdi></li>)}</ul>;
  return (
    <Layout {...shell} title={m.title} width="narrow">
      <Post shell={shell} action={m.action} class="panel" fields={{ ...m.fields, confirmed: 'yes' }}>
        <p>{m.text}</p>
        {m.names.map((name) => <input key={name} type="hidden" name={m.field} value={name} />)}
        {m.names.length <= FOLDED ? list : <details><summary>{t('people.showNames', { count: m.names.length })}</summary>{list}</details>}
        <p class="actions">
          <button type="submit" class={m.danger ? 'danger' : undefined}>{m.submit}</button>
          <a class="button quiet" href={m.back}>{t('action.cancel')}</a>
        </p>
      </Post>
    </Layout>
  );
}
