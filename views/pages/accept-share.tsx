import { Post } from '../components/form';
import { Scopes } from '../components/scopes';
import { Layout, type Shell } from '../layout';

export interface AcceptShareModel {
  readonly owner: string;
  /** Empty for the default server. */
  readonly server: string;
  /** Raw scopes, as JupyterHub writes them. */
  readonly scopes: readonly string[];
  readonly code: string;
  /** Where to go afterwards; undefined: to the server. */
  readonly next: string | undefined;
  /** Servers lie on the hub's own host, where their pages are its neighbours. */
  readonly sameHost: boolean;
}

/** Do I want what somebody offers me? The page itself changes nothing. */
export function acceptSharePage(shell: Shell, { owner, server, scopes, code, next, sameHost }: AcceptShareModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('share.title', { owner })} width="narrow">
      <Post shell={shell} action={urls.acceptShare()} class="panel" fields={{ code, next }}>
        <p>{t('share.explain', { owner, server: server === '' ? t('home.default') : server })}</p>
        <p>{t('share.scopes')}</p>
        <Scopes t={t} scopes={scopes} />
        {sameHost ? <p class="note warn">{t('share.warning', { owner })}</p> : null}
        <p class="actions">
          <button type="submit">{t('share.submit')}</button>
          <a class="button quiet" href={urls.home}>{t('action.cancel')}</a>
        </p>
      </Post>
    </Layout>
  );
}
