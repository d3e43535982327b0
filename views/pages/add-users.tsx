import { Empty } from '../components/amounts';
import { Field, Post, Problem } from '../components/form';
import { Layout, type Shell } from '../layout';

export interface PlannedRow {
  readonly line: number;
  readonly name: string;
  readonly admin: boolean;
  readonly groups: readonly string[];
  /** In words; none: it would be made. */
  readonly problems: readonly string[];
}

export interface AddUsersModel {
  /** As it was pasted. */
  readonly text: string;
  /** null: nothing was pasted yet. */
  readonly plan: readonly PlannedRow[] | null;
  /** Most lines at once. */
  readonly most: number;
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: AddUsersModel;
}

/** Accounts by the dozen: pasted, looked at line by line, and made together. */
export function addUsersPage(shell: Shell, m: AddUsersModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('people.addTitle')} width="wide">
      <Problem text={m.problem} />
      {m.plan === null ? null : <Plan shell={shell} m={m} plan={m.plan} />}
      <Paste shell={shell} m={m} />
      {m.plan === null ? <One shell={shell} /> : null}
      <p><a href={shell.urls.adminUsers}>{t('people.backToList')}</a></p>
    </Layout>
  );
}

function Paste({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="paste">
      <h2 id="paste">{t(m.plan === null ? 'people.addMany' : 'people.addCorrect')}</h2>
      <Post shell={shell} action={urls.adminUsersAdd}>
        <div class="field">
          <label for="text">{t('people.addText')}</label>
          <textarea id="text" name="text" rows={Math.max(6, Math.min(16, m.text.split('\n').length + 1))} spellcheck={false} autocapitalize="none" aria-describedby="text-hint" required>{m.text}</textarea>
          <p class="hint" id="text-hint">{t('people.addHint', { most: m.most })}</p>
          <pre class="log">{'name,admin,groups\nada,no,quant-research\ngrace,yes,quant-research|interns-2026'}</pre>
        </div>
        <p class="actions"><button type="submit" class={m.plan === null ? undefined : 'quiet'}>{t('people.addPreview')}</button></p>
      </Post>
    </section>
  );
}

function Plan({ shell, m, plan }: Part & { readonly plan: readonly PlannedRow[] }) {
  const { t, urls } = shell;
  const wrong = plan.filter(({ problems }) => problems.length > 0).length;
  if (plan.length === 0) return <Empty title={t('people.planEmpty')} />;
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">{t('people.plan')}</h2>
      <p class={wrong > 0 ? 'note bad' : 'note ok'} role="status">{wrong > 0 ? t('people.planWrong', { wrong, all: plan.length }) : t('people.planGood', { count: plan.length })}</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">{t('people.line')}</th>
              <th scope="col">{t('users.columnName')}</th>
              <th scope="col">{t('users.createAdmin')}</th>
              <th scope="col">{t('people.groups')}</th>
              <th scope="col">{t('people.outcome')}</th>
            </tr>
          </thead>
          <tbody>
            {plan.map((row) => (
              <tr key={row.line}>
                <td class="number" data-label={t('people.line')}>{row.line}</td>
                <th scope="row"><bdi>{row.name === '' ? '–' : row.name}</bdi></th>
                <td data-label={t('users.createAdmin')}>{row.admin ? t('people.yes') : '–'}</td>
                <td data-label={t('people.groups')}>{row.groups.length === 0 ? '–' : row.groups.join(', ')}</td>
                <td data-label={t('people.outcome')} class="roomy">
                  {row.problems.length === 0 ? <span class="badge ok">{t('people.willBeMade')}</span> : <><span class="badge bad">{t('people.wrong')}</span> {row.problems.join(' ')}</>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {wrong > 0 ? null : (
        <Post shell={shell} action={urls.adminUsersAdd} fields={{ text: m.text, confirmed: 'yes' }} class="actions">
          <button type="submit">{t('people.make', { count: plan.length })}</button>
          <span class="hint">{t('people.makeHint')}</span>
        </Post>
      )}
    </section>
  );
}

function One({ shell }: { readonly shell: Shell }) {
  const { t, urls } = shell;
  return (
    <section class="panel" aria-labelledby="create">
      <h2 id="create">{t('users.createTitle')}</h2>
      <Post shell={shell} action={urls.adminUsers}>
        <Field id="username" label={t('field.username')} autoComplete="off" maxLength={255} />
        <label class="choice"><input type="checkbox" name="admin" value="yes" /> {t('users.createAdmin')}</label>
        <button type="submit" class="quiet">{t('users.createSubmit')}</button>
      </Post>
    </section>
  );
}

export interface CredentialsModel {
  readonly users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[] }[];
  /** Where people sign in. */
  readonly address: string;
}

/**
 * Names and passwords of accounts that were just made, to print or to keep: on this answer and nowhere else. What is downloaded stands in the
 * page itself, so nothing is asked for a second time.
 */
export function credentialsPage(shell: Shell, m: CredentialsModel) {
  const { t, urls } = shell;
  const lines = [t('people.sheetText', { address: m.address }), '', ...m.users.map(({ name, password }) => `${name}\t${password}`), ''].join('\n');
  return (
    <Layout {...shell} title={t('people.sheet')}>
      <p class="note warn">{t('people.sheetOnce')}</p>
      <p>{t('people.sheetText', { address: m.address })}</p>
      <div class="scroll">
        <table class="sheet">
          <thead><tr><th scope="col">{t('users.columnName')}</th><th scope="col">{t('field.password')}</th><th scope="col" class="screen">{t('people.groups')}</th></tr></thead>
          <tbody>
            {m.users.map(({ name, password, groups }) => (
              <tr key={name}>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label={t('field.password')}><code class="secret">{password}</code></td>
                <td data-label={t('people.groups')} class="screen">{groups.length === 0 ? '–' : groups.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="actions screen">
        <a class="button" download="accounts.txt" href={`data:text/plain;charset=utf-8,${encodeURIComponent(lines)}`}>{t('people.sheetDownload')}</a>
        <button type="button" class="quiet" data-copy="sheet" data-copied={t('people.copied')}>{t('people.sheetCopy')}</button>
        <a class="button quiet" href={urls.adminUsers}>{t('people.sheetDone')}</a>
      </p>
      <pre id="sheet" hidden>{lines}</pre>
    </Layout>
  );
}
