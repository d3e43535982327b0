import { LOG_KINDS, type LogEntry, type LogKind } from '../../hub/domain/account';
import { Empty } from '../components/amounts';
import { Pills } from '../components/lists';
import { Time } from '../components/time';
import { isActivity } from '../i18n/activity';
import { Layout, type Shell } from '../layout';

export interface ActivityModel {
  /** Name of the account, which need not be said again. */
  readonly user: string;
  readonly entries: readonly LogEntry[];
  /** undefined: all of them. */
  readonly kind: LogKind | undefined;
  /** Where older ones begin; null: that was all. */
  readonly next: number | null;
  readonly first: boolean;
}

interface Part {
  readonly shell: Shell;
  readonly m: ActivityModel;
}

/** What somebody did, and what others did with what is theirs. */
export function activityPage(shell: Shell, m: ActivityModel) {
  const { t, urls } = shell;
  const pills = [undefined, ...LOG_KINDS].map((kind) => ({ text: t(`activity.kind.${kind ?? 'all'}`), href: urls.activity(kind), chosen: kind === m.kind }));
  return (
    <Layout {...shell} title={t('activity.title')}>
      <p>{t('activity.explain')}</p>
      <Pills pills={pills} label={t('activity.kinds')} />
      {m.entries.length === 0 ? <Empty title={t('activity.none')}><p>{t('activity.noneExplain')}</p></Empty> : <Table shell={shell} m={m} />}
      <Ways shell={shell} m={m} />
    </Layout>
  );
}

function Ways({ shell: { t, urls }, m: { first, next, kind } }: Part) {
  if (first && next === null) return null;
  return (
    <nav class="actions" aria-label={t('pager.label')}>
      {first ? null : <a class="button quiet" href={urls.activity(kind)}>{t('activity.newest')}</a>}
      {next === null ? null : <a class="button quiet" rel="next" href={urls.activity(kind, next)}>{t('activity.older')}</a>}
    </nav>
  );
}

function Table({ shell, m }: Part) {
  const { t } = shell;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('activity.columnWhat')}</th>
            <th scope="col">{t('activity.columnWho')}</th>
            <th scope="col">{t('activity.columnWhen')}</th>
            <th scope="col" class="drop-1">{t('activity.columnFrom')}</th>
          </tr>
        </thead>
        <tbody>{m.entries.map((entry) => <Row key={entry.id} shell={shell} entry={entry} user={m.user} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ shell: { t }, entry, user }: { readonly shell: Shell; readonly entry: LogEntry; readonly user: string }) {
  const { result } = entry;
  return (
    <tr>
      <th scope="row">
        {isActivity(entry.action) ? t(`activity.did.${entry.action}`) : <code>{entry.action}</code>}{' '}
        {result === 'ok' ? null : <span class="badge bad">{t(`audit.result.${result}`)}</span>}
        <Details t={t} entry={entry} user={user} />
      </th>
      <td data-label={t('activity.columnWho')}>{whoText(entry, t)}</td>
      <td data-label={t('activity.columnWhen')}><Time at={entry.at} none="" relative /></td>
      <td data-label={t('activity.columnFrom')} class="drop-1"><bdi>{entry.address ?? '–'}</bdi></td>
    </tr>
  );
}

/** On which server or whose account, where that is not plain, and what was noted with it. */
function Details({ t, entry: { target, about }, user }: Pick<Shell, 't'> & { readonly entry: LogEntry; readonly user: string }) {
  const text = [targetText(target, user, t), about].filter((part) => part !== '').join(' · ');
  return text === '' ? null : <span class="hint"><bdi>{text}</bdi></span>;
}

function targetText(target: string, user: string, t: Shell['t']): string {
  const [, kind = '', name = ''] = /^([a-z-]+):(.*)$/s.exec(target) ?? [];
  if (kind === 'user') return name === user ? '' : name;
  if (kind !== 'server') return name;
  const [owner = '', server = ''] = name.split('/');
  const shown = server === '' ? t('home.default') : server;
  return owner === user ? shown : `${owner} / ${shown}`;
}

function whoText({ by, byKind }: LogEntry, t: Shell['t']) {
  if (byKind === 'self') return t('activity.you');
  if (byKind === 'hub') return t('activity.hub');
  return by === null ? t('activity.nobody') : <bdi>{by}</bdi>;
}
