import { Post } from '../components/form';
import { bytes, type MessageKey } from '../i18n';
import type { Shell } from '../layout';
import type { UserHead } from './user';

export interface DeletePart {
  readonly tab: 'delete';
  /** Those that are there, the bin included. */
  readonly volumes: readonly { readonly id: string; readonly purpose: 'home' | 'workspace' | 'cache'; readonly bytes: number | null; readonly binned: boolean }[];
  readonly servers: readonly string[];
  readonly running: number;
  readonly tokens: number;
}

/** What goes with an account, and the choice that has to be made about its files. */
export function UserDelete({ shell, user, part }: { readonly shell: Shell; readonly user: UserHead; readonly part: DeletePart }) {
  const { t, urls } = shell;
  const known = part.volumes.filter(({ bytes: size }) => size !== null);
  const total = known.reduce((sum, { bytes: size }) => sum + (size ?? 0), 0);
  const size = known.length === 0 ? t('person.sizeUnknown') : bytes(total);
  return (
    <section class="panel" aria-labelledby="delete">
      <h2 id="delete">{t('person.deleteTitle', { name: user.name })}</h2>
      <p>{t('person.deleteGoes', { servers: part.servers.length, running: part.running, tokens: part.tokens })}</p>
      <h3>{t('person.deleteFiles')}</h3>
      {part.volumes.length === 0 ? <p>{t('person.noVolumes')}</p> : (
        <table>
          <thead><tr><th scope="col">{t('person.volume')}</th><th scope="col" class="number">{t('person.size')}</th></tr></thead>
          <tbody>
            {part.volumes.map((volume) => (
              <tr key={volume.id}>
                <th scope="row">{t(`volumes.${volume.purpose}` satisfies MessageKey)} {volume.binned ? <span class="badge">{t('person.inBin')}</span> : null}</th>
                <td class="number" data-label={t('person.size')}>{volume.bytes === null ? t('person.sizeUnknown') : bytes(volume.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Post shell={shell} action={urls.adminUser(user.id, 'delete')}>
        <fieldset>
          <legend>{t('users.deleteExplain')}</legend>
          <label class="choice"><input type="radio" name="volumes" value="keep" required /> {t('users.deleteKeep')}<span class="hint">{t('person.keepExplain')}</span></label>
          <label class="choice"><input type="radio" name="volumes" value="remove" required /> {t('users.deleteRemove')}<span class="hint">{t('person.removeExplain', { count: part.volumes.length, size })}</span></label>
        </fieldset>
        <p class="actions"><button type="submit" class="danger">{t('users.deleteSubmit', { name: user.name })}</button> <a class="button quiet" href={urls.adminUserPage(user.name)}>{t('action.cancel')}</a></p>
      </Post>
    </section>
  );
}
