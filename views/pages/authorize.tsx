import { Post } from '../components/form';
import { Scopes } from '../components/scopes';
import { Layout, type Shell } from '../layout';

export interface AuthorizeModel {
  /** What the visitor calls the client. */
  readonly title: string;
  /** Raw scopes, as JupyterHub writes them. */
  readonly scopes: readonly string[];
  /** This page's own address, the request in its query. */
  readonly action: string;
}

/** May this server or service know who I am? */
export function authorizePage(shell: Shell, m: AuthorizeModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('authorize.title', { client: m.title })} width="narrow">
      <Post shell={shell} action={m.action} class="panel">
        <p>{t('authorize.explain', { client: m.title })}</p>
        <Scopes t={t} scopes={m.scopes} />
        {m.scopes.map((scope) => <input key={scope} type="hidden" name="scopes" value={scope} />)}
        <p class="actions">
          <button type="submit" name="answer" value="yes">{t('authorize.submit')}</button>
          <button type="submit" name="answer" value="no" class="quiet">{t('authorize.refuse')}</button>
        </p>
      </Post>
    </Layout>
  );
}
