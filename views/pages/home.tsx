import { isActive, type ServerState } from '../../hub/domain/server';
import { Post } from '../components/form';
import { ProfileSelect, StateBadge, type ProfileChoice } from '../components/server';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

export interface HomeServer {
  /** Empty for the default server. */
  readonly name: string;
  readonly state: ServerState;
  readonly profile: string | null;
}

export interface HomeModel {
  readonly user: string;
  readonly servers: readonly HomeServer[];
  readonly profiles: readonly ProfileChoice[];
  readonly mayStart: boolean;
  /** The last times that somebody else entered a server of this user. */
  readonly visits: readonly { readonly visitor: string; readonly at: Date }[];
  /** Servers of others that are open to this user. */
  readonly shared: readonly { readonly owner: string; readonly name: string; readonly ready: boolean }[];
  /** Accounts waiting for approval, for those who may approve; null for everybody else. */
  readonly waiting: number | null;
  /** No server can be started, and this is somebody who can find out why. */
  readonly unwell: boolean;
}

export function homePage(shell: Shell, m: HomeModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('home.title')}>
      {m.unwell ? <p class="note bad"><a href={urls.adminHealth}>{t('home.unwell')}</a></p> : null}
      {m.waiting === null || m.waiting === 0 ? null : (
        <p class="note warn"><a href={urls.adminUsers}>{m.waiting === 1 ? t('home.pendingUser') : t('home.pendingUsers', { count: m.waiting })}</a></p>
      )}
      {m.mayStart ? null : <p class="note warn">{t('home.mayNotLaunch')}</p>}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('home.columnServer')}</th>
              <th scope="col">{t('home.columnState')}</th>
              <th scope="col">{t('home.columnSince')}</th>
              <th scope="col">{t('home.columnActions')}</th>
            </tr>
          </thead>
          <tbody>{m.servers.map((server) => <Row key={server.name} shell={shell} m={m} server={server} />)}</tbody>
        </table>
      </div>
      {m.servers.every((s) => s.state.kind === 'stopped' && s.state.since === null) && m.mayStart ? <p>{t('home.none')}</p> : null}
      {m.shared.length === 0 ? null : <Shared shell={shell} shared={m.shared} />}
      {m.visits.length === 0 ? null : <Visits shell={shell} visits={m.visits} />}
    </Layout>
  );
}

function Shared({ shell: { t, urls }, shared }: { readonly shell: Shell; readonly shared: HomeModel['shared'] }) {
  return (
    <section class="panel" aria-labelledby="shared">
      <h2 id="shared">{t('home.shared')}</h2>
      <ul>
        {shared.map(({ owner, name, ready }) => (
          <li key={`${owner}/${name}`}><a href={urls.server(owner, name)}><bdi>{owner}</bdi>{name === '' ? null : ` / ${name}`}</a>{ready ? null : ` ${t('home.sharedStopped')}`}</li>
        ))}
      </ul>
    </section>
  );
}

function Visits({ shell: { t }, visits }: { readonly shell: Shell; readonly visits: HomeModel['visits'] }) {
  return (
    <section class="panel" aria-labelledby="visits">
      <h2 id="visits">{t('home.visits')}</h2>
      <ul>
        {visits.map(({ visitor, at }) => <li key={`${visitor}:${at.getTime()}`}><bdi>{visitor}</bdi>, <Time at={at} none="" /></li>)}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly shell: Shell;
  readonly m: HomeModel;
  readonly server: HomeServer;
}

function Row({ shell, m, server }: RowProps) {
  const { t } = shell;
  return (
    <tr>
      <th scope="row">{label(shell, server)}</th>
      <td data-label={t('home.columnState')}><StateBadge state={server.state} t={t} /><Why {...{ shell, m, server }} /><Open {...{ shell, m, server }} /></td>
      <td data-label={t('home.columnSince')}><Time at={server.state.since} none="–" /></td>
      <td data-label={t('home.columnActions')} class="roomy"><Actions {...{ shell, m, server }} /></td>
    </tr>
  );
}

const label = ({ t }: Shell, server: HomeServer): string => (server.name === '' ? t('home.default') : server.name);

function Why({ shell, server }: RowProps) {
  const { state } = server;
  if (state.kind === 'failed') return <p class="hint">{state.message}</p>;
  if (state.kind === 'stopping' && state.error !== null) return <p class="hint">{state.error}</p>;
  return state.kind === 'stopped' && state.reason !== null ? <p class="hint">{shell.t('server.lastReason', { reason: state.reason })}</p> : null;
}

/** While something runs or is about to. */
function Open({ shell, m, server }: RowProps) {
  const profile = m.profiles.find(({ slug }) => slug === server.profile);
  return profile?.outbound === 'open' && isActive(server.state) ? <p class="hint warn">{shell.t('server.open.warning')}</p> : null;
}

function Actions({ shell, m, server }: RowProps) {
  const { t, urls } = shell;
  const name = label(shell, server);
  const stop = (
    <Post shell={shell} action={urls.stop(m.user, server.name)} class="inline">
      <button type="submit" class="danger" aria-label={t('server.stopNamed', { name })}>{t('server.stop')}</button>
    </Post>
  );
  switch (server.state.kind) {
    case 'ready':
      return <div class="actions"><a class="button" href={urls.server(m.user, server.name)} aria-label={t('server.openNamed', { name })}>{t('server.open')}</a>{stop}</div>;
    case 'queued':
    case 'starting':
      return <div class="actions"><a class="button quiet" href={urls.spawnPending(m.user, server.name)}>{t('server.watch')}</a>{stop}</div>;
    case 'stopping':
      return server.state.error === null ? null : <div class="actions">{stop}</div>;
    case 'stopped':
    case 'failed':
      return m.mayStart ? <StartForm {...{ shell, m, server }} /> : null;
  }
}

function StartForm({ shell, m, server }: RowProps) {
  const { t, urls } = shell;
  return (
    <Post shell={shell} action={urls.spawn(m.user, server.name)} class="inline">
      <ProfileSelect id={`profile-${server.name}`} profiles={m.profiles} chosen={server.profile} t={t} />
      <button type="submit" aria-label={t('server.startNamed', { name: label(shell, server) })}>{t('server.start')}</button>
    </Post>
  );
}
