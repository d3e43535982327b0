import { Empty } from '../components/amounts';
import { Post } from '../components/form';
import { Time } from '../components/time';
import type { Shell } from '../layout';
import type { UserHead } from './user';

export interface CredentialPart {
  readonly tab: 'credentials';
  readonly sessions: readonly { readonly id: string; readonly browser: string; readonly address: string; readonly lastSeen: Date; readonly current: boolean }[];
  /** null: the reader may not see them. */
  readonly tokens: readonly { readonly id: string; readonly note: string; readonly scopes: readonly string[]; readonly created: Date; readonly lastUsed: Date | null; readonly expires: Date | null }[] | null;
}

interface Props {
  readonly shell: Shell;
  readonly user: UserHead;
  readonly part: CredentialPart;
}

/** Where somebody is signed in, and which programs act for them. */
export function UserCredentials(p: Props) {
  return (
    <>
      <Sessions {...p} />
      <Tokens {...p} />
    </>
  );
}

function Sessions({ shell, user, part: { sessions } }: Props) {
  const { t, urls } = shell;
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{t('nav.sessions')}</h2>
      {sessions.length === 0 ? <Empty title={t('person.noSessions')} /> : (
        <>
          <div class="scroll">
            <table>
              <thead><tr><th scope="col">{t('sessions.columnBrowser')}</th><th scope="col">{t('sessions.columnAddress')}</th><th scope="col">{t('sessions.columnSeen')}</th><th scope="col">{t('sessions.columnActions')}</th></tr></thead>
              <tbody>
                {sessions.map((session) => (
                  <tr key={session.id}>
                    <th scope="row">{session.browser} {session.current ? <span class="badge">{t('person.this')}</span> : null}</th>
                    <td data-label={t('sessions.columnAddress')}>{session.address === '' ? '–' : session.address}</td>
                    <td data-label={t('sessions.columnSeen')}><Time at={session.lastSeen} none="" relative /></td>
                    <td data-label={t('sessions.columnActions')}><Post shell={shell} action={urls.adminSession(user.id, session.id)} class="inline" fields={{ next: shell.here }}><button type="submit" class="quiet">{t('person.endSession')}</button></Post></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Post shell={shell} action={urls.adminSessionsEnd(user.id)} class="actions" fields={{ next: shell.here }}><button type="submit" class="danger">{t('person.endSessions', { count: sessions.length })}</button></Post>
        </>
      )}
    </section>
  );
}

function Tokens({ shell, user, part: { tokens } }: Props) {
  const { t, urls } = shell;
  if (tokens === null) return null;
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">{t('nav.tokens')}</h2>
      {tokens.length === 0 ? <Empty title={t('person.noTokens')} /> : (
        <div class="scroll">
          <table>
            <thead><tr><th scope="col">{t('person.note')}</th><th scope="col" class="drop-1">{t('person.scopes')}</th><th scope="col" class="drop-2">{t('people.created')}</th><th scope="col">{t('person.used')}</th><th scope="col">{t('person.expires')}</th><th scope="col">{t('users.columnActions')}</th></tr></thead>
            <tbody>
              {tokens.map((token) => (
                <tr key={token.id}>
                  <th scope="row"><bdi>{token.note === '' ? '–' : token.note}</bdi></th>
                  <td data-label={t('person.scopes')} class="drop-1">{token.scopes.map((scope) => <code key={scope}>{scope} </code>)}</td>
                  <td data-label={t('people.created')} class="drop-2"><Time at={token.created} none="" relative /></td>
                  <td data-label={t('person.used')}><Time at={token.lastUsed} none={t('users.never')} relative /></td>
                  <td data-label={t('person.expires')}><Time at={token.expires} none={t('users.never')} /></td>
                  <td data-label={t('users.columnActions')}><Post shell={shell} action={urls.adminUser(user.id, 'revoke')} class="inline" fields={{ next: shell.here, token: token.id }}><button type="submit" class="danger" aria-label={t('person.revokeNamed', { note: token.note })}>{t('person.revoke')}</button></Post></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
