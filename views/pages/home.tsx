import type { IdleVerdict } from '../../hub/domain/idleness';
import { isActive, type ServerState } from '../../hub/domain/server';
import { Post } from '../components/form';
import { IdleSentence } from '../components/idleness';
import { AgainLinks, LogLink, ProfileSelect, StateBadge, type ProfileChoice } from '../components/server';
import { adviceText, RunningNews, type ServerNews } from '../components/post-mortem';
import { Time } from '../components/time';
import { bytes } from '../i18n';
import { Layout, type Shell } from '../layout';

export interface HomeServer {
  /** Empty for the default server. */
  readonly name: string;
  readonly state: ServerState;
  readonly profile: string | null;
  /** Why it is kept, or when it stops; `near`: soon. null: it is not running. */
  readonly idle: { readonly verdict: IdleVerdict; readonly near: boolean; readonly mayExtend: boolean } | null;
  /** null: nobody ever started it. */
  readonly news: ServerNews | null;
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
  /** Above the soft quota; null: not, or there is none. Bytes. */
  readonly quota: { readonly held: number; readonly limit: number } | null;
}

export function homePage(shell: Shell, m: HomeModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('home.title')}>
      {m.unwell ? <p class="note bad"><a href={urls.adminHealth}>{t('home.unwell')}</a></p> : null}
      {m.waiting === null || m.waiting === 0 ? null : (
        <p class="note warn"><a href={urls.adminUsers}>{m.waiting === 1 ? t('home.pendingUser') : t('home.pendingUsers', { count: m.waiting })}</a></p>
      )}
      {m.quota === null ? null : <p class="note warn"><a href={urls.volumes()}>{t('volumes.over', { held: bytes(m.quota.held), limit: bytes(m.quota.limit) })}</a></p>}
      {m.servers.some(({ idle }) => idle?.near) ? <p class="note warn" role="alert">{t('idle.soon')}</p> : null}
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

/** How whoever works on the hub's own machine is written down; nobody may have that name. */
const LOCAL = 'local';

function Visits({ shell: { t }, visits }: { readonly shell: Shell; readonly visits: HomeModel['visits'] }) {
  return (
    <section class="panel" aria-labelledby="visits">
      <h2 id="visits">{t('home.visits')}</h2>
      <ul>
        {visits.map(({ visitor, at }) => <li key={`${visitor}:${at.getTime()}`}><bdi>{visitor === LOCAL ? t('home.local') : visitor}</bdi>, <Time at={at} none="" /></li>)}
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
      <td data-label={t('home.columnState')}><StateBadge state={server.state} t={t} /><Idle {...{ shell, m, server }} /><Why {...{ shell, m, server }} /><News {...{ shell, m, server }} /><Open {...{ shell, m, server }} /></td>
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

function Idle({ shell: { t }, server: { idle } }: RowProps) {
  return idle === null ? null : <p class={idle.near ? 'hint warn' : 'hint'}><IdleSentence verdict={idle.verdict} t={t} /></p>;
}

function Extend({ shell, m, server }: RowProps) {
  const { t, urls } = shell;
  if (server.idle?.mayExtend !== true) return null;
  return (
    <Post shell={shell} action={urls.extend(m.user, server.name)} class="inline">
      <button type="submit" class="quiet" aria-label={t('idle.extendNamed', { name: label(shell, server) })}>{t('idle.extend')}</button>
    </Post>
  );
}

/** Of one that runs, what is not well; of one that died, what to do. */
function News({ shell: { t, urls }, m, server: { news, state, name } }: RowProps) {
  if (news === null) return null;
  if (isActive(state)) return <RunningNews news={news} t={t} />;
  if (news.lastEnd === null || news.lastEnd.cause === 'asked') return null;
  return <p class="hint">{adviceText(news.lastEnd, t)} <a href={urls.spawnPending(m.user, name)}>{t('end.title')}</a></p>;
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
      return <div class="actions"><a class="button" href={urls.server(m.user, server.name)} aria-label={t('server.openNamed', { name })}>{t('server.open')}</a><Extend {...{ shell, m, server }} /><Again {...{ shell, m, server }} />{stop}</div>;
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

function Again({ shell, m, server }: RowProps) {
  const named = { shell, user: m.user, server: server.name, name: label(shell, server) };
  return (
    <>
      {m.mayStart ? <AgainLinks {...named} /> : null}
      <LogLink {...named} />
    </>
  );
}

function StartForm({ shell, m, server }: RowProps) {
  const { t, urls } = shell;
  return (
    <Post shell={shell} action={urls.spawn(m.user, server.name)} class="inline">
      <ProfileSelect id={`profile-${server.name}`} profiles={m.profiles} chosen={server.profile} t={t} />
      <button type="submit" aria-label={t('server.startNamed', { name: label(shell, server) })}>{t('server.start')}</button>
      {m.profiles.length < 2 ? null : <button type="submit" class="quiet" formaction={urls.profile(m.user, server.name)}>{t('server.keepProfile')}</button>}
    </Post>
  );
}
