import type { AccountDetails } from '../../hub/domain/account';
import { Post, Problem } from '../components/form';
import { Time } from '../components/time';
import { LANGUAGES } from '../i18n';
import { Layout, THEMES, type Shell } from '../layout';

export interface AccountModel extends AccountDetails {
  readonly name: string;
  readonly created: Date;
  readonly admin: boolean;
  readonly groups: readonly string[];
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: AccountModel;
}

/** Who somebody is here, and how they want to see pages. */
export function accountPage(shell: Shell, m: AccountModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('account.title')}>
      <div class="grid">
        <Details shell={shell} m={m} />
        <div>
          <Facts shell={shell} m={m} />
          <Safety shell={shell} />
        </div>
      </div>
    </Layout>
  );
}

function Details({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <Post shell={shell} action={urls.account} class="panel">
      <Problem text={m.problem} />
      <Optional id="realName" label={t('account.realName')} value={m.realName} hint={t('account.realNameHint')} autoComplete="name" />
      <Optional id="email" label={t('account.email')} value={m.email} hint={t('account.emailHint')} autoComplete="email" />
      <div class="field">
        <label for="language">{t('lang.label')}</label>
        <select id="language" name="language">
          <option value="" selected={m.language === null}>{t('account.asBrowser')}</option>
          {LANGUAGES.map(({ id, name }) => <option key={id} value={id} lang={id} selected={m.language === id}>{name}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="colours">{t('theme.label')}</label>
        <select id="colours" name="theme">
          {THEMES.map((id) => <option key={id} value={id} selected={id === (m.theme ?? 'auto')}>{t(`theme.${id}`)}</option>)}
        </select>
        <p class="hint">{t('account.remembered')}</p>
      </div>
      <p class="actions"><button type="submit">{t('account.save')}</button></p>
    </Post>
  );
}

interface OptionalProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly autoComplete: 'name' | 'email';
}

const Optional = ({ id, label, value, hint, autoComplete }: OptionalProps) => (
  <div class="field">
    <label for={id}>{label}</label>
    <input id={id} name={id} type="text" value={value} maxLength={254} autocomplete={autoComplete} spellcheck={false} aria-describedby={`${id}-hint`} />
    <p class="hint" id={`${id}-hint`}>{hint}</p>
  </div>
);

function Facts({ shell: { t }, m }: Part) {
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">{t('account.facts')}</h2>
      <dl class="facts">
        <dt>{t('field.username')}</dt>
        <dd><bdi>{m.name}</bdi> {m.admin ? <span class="badge">{t('users.admin')}</span> : null}</dd>
        <dt>{t('account.since')}</dt>
        <dd><Time at={m.created} none="" /></dd>
        <dt>{t('account.groups')}</dt>
        <dd>{m.groups.length === 0 ? t('account.noGroups') : m.groups.join(', ')}</dd>
      </dl>
      <p class="hint">{t('account.nameHint')}</p>
    </section>
  );
}

function Safety({ shell: { t, urls } }: Pick<Part, 'shell'>) {
  const links = [[urls.password, t('account.toPassword')], [urls.sessions, t('sessions.title')], [urls.token, t('account.toTokens')], [urls.activity(), t('activity.title')]] as const;
  return (
    <section class="panel" aria-labelledby="safety">
      <h2 id="safety">{t('account.safety')}</h2>
      <ul>{links.map(([href, text]) => <li key={href}><a href={href}>{text}</a></li>)}</ul>
    </section>
  );
}
