import { Post } from '../components/form';
import { Said } from '../components/said';
import { ProfileSelect, type ProfileChoice } from '../components/server';
import { Layout, type Shell } from '../layout';

export interface ConfirmModel {
  readonly title: string;
  readonly text: string;
  readonly submit: string;
  readonly action: string;
  readonly back: string;
  readonly backText: string;
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** What may be chosen with the answer. Absent: nothing. */
  readonly choice?: { readonly profiles: readonly ProfileChoice[]; readonly chosen: string | null; readonly hint: string };
}

/** A question whose answer changes something; the page itself changes nothing. */
export function confirmPage(shell: Shell, m: ConfirmModel) {
  return (
    <Layout {...shell} title={m.title} width="narrow">
      <Post shell={shell} action={m.action} class="panel" {...(m.fields === undefined ? {} : { fields: m.fields })}>
        <p>{m.text}</p>
        {m.choice === undefined || m.choice.profiles.length < 2 ? null : <div class="field"><ProfileSelect id="profile" profiles={m.choice.profiles} chosen={m.choice.chosen} t={shell.t} /><p class="hint">{m.choice.hint}</p></div>}
        <p class="actions">
          <button type="submit">{m.submit}</button>
          <a class="button quiet" href={m.back}>{m.backText}</a>
        </p>
      </Post>
    </Layout>
  );
}

export interface ErrorModel {
  readonly title: string;
  readonly message: string;
  readonly requestId: string;
  readonly retry: string | undefined;
}

export function errorPage(shell: Shell, m: ErrorModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={m.title} width="narrow">
      <div class="panel">
        <p><Said text={m.message} /></p>
        {m.retry === undefined ? null : <p>{m.retry}</p>}
        <p class="hint">{t('error.requestId', { id: m.requestId })}</p>
        <p><a class="button" href={urls.hub}>{t('action.back')}</a></p>
      </div>
    </Layout>
  );
}
