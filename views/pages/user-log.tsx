import type { LogEntry } from '../../hub/domain/account';
import { Empty } from '../components/amounts';
import { Time } from '../components/time';
import { isActivity } from '../i18n/activity';
import type { Shell } from '../layout';
import type { UserHead } from './user';

/** What somebody did lately, and what was done with what is theirs. `entries` null: that is for administrators. */
export function UserLog({ shell: { t, urls }, user, entries }: { readonly shell: Shell; readonly user: UserHead; readonly entries: readonly LogEntry[] | null }) {
  if (entries === null) return <Empty title={t('person.logForbidden')} />;
  if (entries.length === 0) return <Empty title={t('person.logEmpty')} />;
  return (
    <>
      <div class="scroll">
        <table>
          <caption>{t('person.logCaption', { count: entries.length })}</caption>
          <thead><tr><th scope="col">{t('person.logWhat')}</th><th scope="col">{t('person.logBy')}</th><th scope="col">{t('person.logWhen')}</th><th scope="col" class="drop-1">{t('person.logTarget')}</th></tr></thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.id}>
                <th scope="row">{isActivity(entry.action) ? t(`activity.did.${entry.action}`) : <code>{entry.action}</code>} {entry.result === 'ok' ? null : <span class="badge bad">{t(`audit.result.${entry.result}`)}</span>}</th>
                <td data-label={t('person.logBy')}>{entry.by === null ? '–' : <bdi>{entry.by}</bdi>}</td>
                <td data-label={t('person.logWhen')}><Time at={entry.at} none="" relative /></td>
                <td data-label={t('person.logTarget')} class="drop-1"><bdi>{entry.target}</bdi></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p><a href={`${urls.adminAudit}?target=${encodeURIComponent(user.name)}`}>{t('person.logAll')}</a></p>
    </>
  );
}
