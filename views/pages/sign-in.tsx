import { Field, Post, Problem } from '../components/form';
import { Layout, type Shell } from '../layout';

export interface SignInModel {
  readonly username: string;
  readonly next: string | undefined;
  readonly problem: string | undefined;
  readonly maySignUp: boolean;
}

export function signInPage(shell: Shell, m: SignInModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('login.title')} width="narrow">
      <Post shell={shell} action={urls.login()} class="panel" fields={{ next: m.next }}>
        <Problem text={m.problem} />
        <Field id="username" label={t('field.username')} value={m.username} autoComplete="username" maxLength={255} focus={m.username === ''} />
        <Field id="password" label={t('field.password')} type="password" autoComplete="current-password" focus={m.username !== ''} />
        <button type="submit">{t('login.submit')}</button>
      </Post>
      {m.maySignUp ? <p>{t('login.noAccount')} <a href={urls.signup}>{t('login.signUp')}</a></p> : null}
    </Layout>
  );
}

export interface SignUpModel {
  readonly username: string;
  readonly problem: string | undefined;
  readonly needsApproval: boolean;
}

export function signUpPage(shell: Shell, m: SignUpModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('signup.title')} width="narrow">
      <Post shell={shell} action={urls.signup} class="panel">
        <Problem text={m.problem} />
        {m.needsApproval ? <p>{t('signup.explainApproval')}</p> : null}
        <Field id="username" label={t('field.username')} value={m.username} autoComplete="username" maxLength={64} hint={t('field.usernameHint')} focus />
        <Field id="password" label={t('field.password')} type="password" autoComplete="new-password" hint={t('field.passwordHint')} />
        <Field id="repeat" label={t('field.repeat')} type="password" autoComplete="new-password" />
        <button type="submit">{t('signup.submit')}</button>
      </Post>
      <p>{t('signup.haveAccount')} <a href={urls.login()}>{t('login.submit')}</a></p>
    </Layout>
  );
}

export function signedUpPage(shell: Shell, m: { readonly status: 'pending' | 'active' }) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('signup.doneTitle')} width="narrow">
      <p class="panel" role="status">{t(m.status === 'active' ? 'signup.doneActive' : 'signup.donePending')}</p>
      <p><a class="button" href={urls.login()}>{t('login.submit')}</a></p>
    </Layout>
  );
}

export function bootstrapPage(shell: Shell, m: { readonly name: string; readonly link: string; readonly problem: string | undefined }) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('bootstrap.title')} width="narrow">
      <Post shell={shell} action={urls.bootstrap()} class="panel" fields={{ link: m.link }}>
        <Problem text={m.problem} />
        <p>{t('bootstrap.explain', { name: m.name })}</p>
        <input type="hidden" name="username" value={m.name} autocomplete="username" />
        <Field id="password" label={t('field.newPassword')} type="password" autoComplete="new-password" hint={t('field.passwordHint')} focus />
        <Field id="repeat" label={t('field.repeat')} type="password" autoComplete="new-password" />
        <button type="submit">{t('bootstrap.submit')}</button>
      </Post>
    </Layout>
  );
}

export function passwordPage(shell: Shell, m: { readonly must: boolean; readonly problem: string | undefined }) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('password.title')} width="narrow">
      <Post shell={shell} action={urls.password} class="panel">
        <Problem text={m.problem} />
        {m.must ? <p class="note warn">{t('password.must')}</p> : null}
        <input type="hidden" name="username" value={shell.viewer?.name ?? ''} autocomplete="username" />
        <Field id="current" label={t('field.currentPassword')} type="password" autoComplete="current-password" focus />
        <Field id="password" label={t('field.newPassword')} type="password" autoComplete="new-password" hint={t('field.passwordHint')} />
        <Field id="repeat" label={t('field.repeat')} type="password" autoComplete="new-password" />
        <button type="submit">{t('password.submit')}</button>
      </Post>
    </Layout>
  );
}
