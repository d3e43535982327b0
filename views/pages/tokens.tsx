import { Field, Post, Problem } from '../components/form';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface TokenRow {
  readonly note: string;
  readonly scopes: readonly string[];
  readonly created: Date;
  readonly lastUsed: Date | null;
  readonly expires: Date | null;
  /** Where its revocation is sent. */
  readonly revoke: string;
}

export interface TokensModel {
  readonly tokens: readonly TokenRow[];
  readonly action: string;
  /** Lifetimes that are offered, in days. */
  readonly days: readonly number[];
  /** Shown this once; undefined: none was made now. */
  readonly secret: string | undefined;
  readonly problem: string | undefined;
}

/** One's own API tokens: what there is, a new one, and the end of one. */
export function tokensPage(shell: Shell, m: TokensModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('tokens.title')}>
      {m.secret === undefined ? null : <Fresh shell={shell} secret={m.secret} />}
      <Post shell={shell} action={m.action} class="panel">
        <Problem text={m.problem} />
        <p>{t('tokens.explain')} <a href={shell.urls.apiDocs}>{t('tokens.api')}</a></p>
        <Field id="note" label={t('tokens.note')} hint={t('tokens.noteHint')} maxLength={255} autoComplete="off" />
        <div class="field">
          <label for="days">{t('tokens.lifetime')}</label>
          <select id="days" name="days">{m.days.map((days) => <option key={days} value={days}>{t('tokens.days', { days: String(days) })}</option>)}</select>
        </div>
        <div class="field">
          <label for="scopes">{t('tokens.scopes')}</label>
          <input id="scopes" name="scopes" type="text" autocomplete="off" spellcheck={false} aria-describedby="scopes-hint" />
          <p class="hint" id="scopes-hint">{t('tokens.scopesHint')}</p>
        </div>
        <p class="actions"><button type="submit">{t('tokens.create')}</button></p>
      </Post>
      {m.tokens.length === 0 ? <p>{t('tokens.none')}</p> : <Table shell={shell} m={m} />}
    </Layout>
  );
}

function Fresh({ shell: { t }, secret }: { readonly shell: Shell; readonly secret: string }) {
  return (
    <div class="panel" role="status">
      <p>{t('tokens.fresh')}</p>
      <p><code id="token">{secret}</code></p>
    </div>
  );
}

function Table({ shell, m }: { readonly shell: Shell; readonly m: TokensModel }) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('tokens.note')}</th>
            <th scope="col">{t('tokens.scopes')}</th>
            <th scope="col">{t('tokens.columnCreated')}</th>
            <th scope="col">{t('tokens.columnUsed')}</th>
            <th scope="col">{t('tokens.columnExpires')}</th>
            <th scope="col">{t('tokens.columnActions')}</th>
          </tr>
        </thead>
        <tbody>{m.tokens.map((token) => <Row key={token.revoke} shell={shell} token={token} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ shell, token }: { readonly shell: Shell; readonly token: TokenRow }) {
  const { t } = shell;
  return (
    <tr>
      <th scope="row"><bdi>{token.note}</bdi></th>
      <td>{token.scopes.map((scope) => <code key={scope}>{scope} </code>)}</td>
      <td><Time at={token.created} none="" /></td>
      <td><Time at={token.lastUsed} none={t('tokens.never')} /></td>
      <td><Time at={token.expires} none={t('tokens.never')} /></td>
      <td>
        <Post shell={shell} action={token.revoke} class="inline">
          <button type="submit" class="quiet" aria-label={t('tokens.revokeNamed', { note: token.note })}>{t('tokens.revoke')}</button>
        </Post>
      </td>
    </tr>
  );
}
