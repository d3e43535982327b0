import type { IdleLimits, IdleVerdict } from '../../hub/domain/idleness';
import { span } from '../../hub/domain/idleness-words';
import { Post, Problem } from '../components/form';
import { IdleSentence, limitFrom } from '../components/idleness';
import { Pager } from '../components/lists';
import { AgainLinks, LogLink } from '../components/server';
import { Layout, type Shell } from '../layout';

export interface IdlenessModel {
  readonly servers: readonly { readonly user: string; readonly server: string; readonly verdict: IdleVerdict; readonly limits: IdleLimits }[];
  /** How many of all would stop. */
  readonly stops: number;
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  /** As they were asked. */
  readonly fields: { readonly idleLimit: string; readonly maxAge: string };
  /** Why the question could not be answered; null: it was. */
  readonly problem: string | null;
}

export function idlenessPage(shell: Shell, m: IdlenessModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('idle.title')} width="wide">
      <p>{t('idle.explain')}</p>
      <Question shell={shell} m={m} />
      <Problem text={m.problem ?? undefined} />
      {m.total === 0 ? <p>{t('idle.none')}</p> : <Table shell={shell} m={m} />}
      <Pager t={t} offset={m.offset} limit={m.limit} total={m.total} at={(offset) => shell.urls.adminIdlenessAt({ idleLimit: m.fields.idleLimit || undefined, maxAge: m.fields.maxAge || undefined, offset: offset === 0 ? undefined : offset })} />
    </Layout>
  );
}

interface Part {
  readonly shell: Shell;
  readonly m: IdlenessModel;
}

function Question({ shell: { t, urls }, m: { fields } }: Part) {
  const field = (name: 'idleLimit' | 'maxAge', label: string) => (
    <div class="field">
      <label for={name}>{label}</label>
      <input id={name} name={name} value={fields[name]} maxLength={32} aria-describedby="idle-hint" />
    </div>
  );
  return (
    <form method="get" action={urls.adminIdleness} class="filters">
      {field('idleLimit', t('idle.limit'))} {field('maxAge', t('idle.maxAge'))}
      <button type="submit">{t('idle.ask')}</button>
      <p class="hint" id="idle-hint">{t('idle.hint')}</p>
    </form>
  );
}

function Table({ shell, m: { servers, stops, total } }: Part) {
  const { t } = shell;
  const length = (ms: number | null): string => (ms === null ? t('idle.noLimit') : span(ms, t));
  return (
    <div class="scroll">
      <table>
        <caption>{t('idle.caption', { stops, all: total })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('idle.columnUser')}</th>
            <th scope="col">{t('idle.columnServer')}</th>
            <th scope="col">{t('idle.columnVerdict')}</th>
            <th scope="col">{t('idle.columnWhy')}</th>
            <th scope="col">{t('idle.columnLimits')}</th>
            <th scope="col">{t('users.columnActions')}</th>
          </tr>
        </thead>
        <tbody>
          {servers.map(({ user, server, verdict, limits }) => (
            <tr key={`${user}/${server}`}>
              <th scope="row"><bdi>{user}</bdi></th>
              <td data-label={t('idle.columnServer')}>{server === '' ? t('home.default') : server}</td>
              <td data-label={t('idle.columnVerdict')}>{verdict.due ? t('idle.stops') : t('idle.keeps')}</td>
              <td data-label={t('idle.columnWhy')} class="roomy"><IdleSentence verdict={verdict} t={t} /></td>
              <td data-label={t('idle.columnLimits')} class="roomy">{t('idle.limits', { idle: length(limits.idleMs), idleFrom: limitFrom(limits.idleFrom, t), age: length(limits.maxAgeMs), ageFrom: limitFrom(limits.maxAgeFrom, t) })}</td>
              <td data-label={t('users.columnActions')} class="roomy"><Actions shell={shell} user={user} server={server} limited={limits.idleMs !== null} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Running servers of everybody are here, named ones too. */
function Actions({ shell, user, server, limited }: { readonly shell: Shell; readonly user: string; readonly server: string; readonly limited: boolean }) {
  const { t, urls } = shell;
  const named = { shell, user, server, name: server === '' ? user : `${user}/${server}` };
  return (
    <div class="actions">
      {limited ? <Post shell={shell} action={urls.extend(user, server)} class="inline"><button type="submit" class="quiet" aria-label={t('idle.extendNamed', { name: named.name })}>{t('idle.extend')}</button></Post> : null}
      <LogLink {...named} />
      <AgainLinks {...named} />
    </div>
  );
}
