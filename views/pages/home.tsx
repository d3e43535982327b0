import type { EffectivePolicy } from '../../hub/domain/policy';
import { VOLUME_PURPOSES } from '../../hub/domain/volume';
import { Empty } from '../components/amounts';
import { Post, Problem } from '../components/form';
import { Grants } from '../components/grants';
import { DockerWarning } from '../components/policy';
import { ServerCard, type HomeServer } from '../components/server-card';
import { ProfileSelect, type ProfileChoice } from '../components/server';
import { Time } from '../components/time';
import { bytes } from '../i18n';
import { Layout, type Shell } from '../layout';
import { Held, type VolumeRow } from './volumes';

export type { HomeServer } from '../components/server-card';

export interface HomeModel {
  readonly user: string;
  readonly servers: readonly HomeServer[];
  readonly profiles: readonly ProfileChoice[];
  readonly mayStart: boolean;
  /** May make a server with a name; `problem`: why the last try did not work. null: there are none here. */
  readonly named: { readonly problem: string | undefined; readonly given: string } | null;
  readonly groups: readonly string[];
  /** What the groups give; null: not for the viewer. */
  readonly policy: EffectivePolicy | null;
  /** null: not for the viewer. */
  readonly volumes: { readonly rows: readonly VolumeRow[]; readonly bytes: number; readonly softQuota: number | null; readonly over: boolean } | null;
  /** The last times that somebody else entered a server of this user. */
  readonly visits: readonly { readonly visitor: string; readonly at: Date }[];
  /** Servers of others that are open to this user. */
  readonly shared: readonly { readonly owner: string; readonly name: string; readonly ready: boolean }[];
  /** Accounts waiting for approval, for those who may approve; null for everybody else. */
  readonly waiting: number | null;
  /** No server can be started, and this is somebody who can find out why. */
  readonly unwell: boolean;
}

interface Part {
  readonly shell: Shell;
  readonly m: HomeModel;
}

export function homePage(shell: Shell, m: HomeModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('home.title')} live={['servers', 'usage', 'queue', 'maintenance', 'volumes', 'groups']}>
      <Alerts shell={shell} m={m} />
      {m.servers.map((server) => <ServerCard key={server.name} shell={shell} m={m} server={server} />)}
      <AddServer shell={shell} m={m} />
      <div class="grid halves">
        <Groups shell={shell} m={m} />
        <div>
          <Volumes shell={shell} m={m} />
          {m.shared.length === 0 ? null : <Shared shell={shell} shared={m.shared} />}
          {m.visits.length === 0 ? null : <Visits shell={shell} visits={m.visits} />}
        </div>
      </div>
    </Layout>
  );
}

function Alerts({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <>
      {m.unwell ? <p class="note bad"><a href={urls.adminHealth}>{t('home.unwell')}</a></p> : null}
      {m.waiting === null || m.waiting === 0 ? null : (
        <p class="note warn"><a href={urls.adminUsers}>{m.waiting === 1 ? t('home.pendingUser') : t('home.pendingUsers', { count: m.waiting })}</a></p>
      )}
      {m.volumes?.over === true && m.volumes.softQuota !== null ? <p class="note warn"><a href={urls.volumes()}>{t('volumes.over', { held: bytes(m.volumes.bytes), limit: bytes(m.volumes.softQuota) })}</a></p> : null}
      {m.servers.some(({ idle }) => idle?.near) ? <p class="note warn" role="alert">{t('idle.soon')}</p> : null}
      {m.mayStart ? null : <p class="note warn">{t('home.mayNotLaunch')}</p>}
      <DockerWarning shell={shell} docker={m.policy?.docker.value === true ? { name: null, groups: m.policy.docker.from } : null} />
    </>
  );
}

/** Closed until somebody wants one: most people need no second server. */
function AddServer({ shell, m }: Part) {
  const { t, urls } = shell;
  if (m.named === null || !m.mayStart) return null;
  return (
    <details class="add" open={m.named.problem !== undefined}>
      <summary>{t('home.add')}</summary>
      <Post shell={shell} action={urls.servers} class="panel">
        <Problem text={m.named.problem} />
        <div class="filters">
          <div class="field">
            <label for="name">{t('home.addName')}</label>
            <input id="name" name="name" type="text" required maxLength={64} value={m.named.given} autocapitalize="none" autocomplete="off" spellcheck={false} aria-describedby="name-hint" />
          </div>
          <div class="field"><ProfileSelect id="profile-new" profiles={m.profiles} chosen={null} t={t} /></div>
          <button type="submit">{t('home.addSubmit')}</button>
        </div>
        <p class="hint" id="name-hint">{t('home.addHint')}</p>
      </Post>
    </details>
  );
}

function Groups({ shell: { t }, m }: Part) {
  const titles = new Map(m.profiles.map(({ slug, title }) => [slug, title]));
  return (
    <section class="panel" aria-labelledby="groups">
      <h2 id="groups">{t('home.groups')}</h2>
      {m.groups.length === 0
        ? <p class="hint">{t('home.noGroups')}</p>
        : <ul class="chips">{m.groups.map((group) => <li key={group} class="badge"><bdi>{group}</bdi></li>)}</ul>}
      {m.groups.length === 0 || m.policy === null ? null : <Grants policy={m.policy} titles={titles} t={t} />}
    </section>
  );
}

function Volumes({ shell: { t, urls }, m: { volumes } }: Part) {
  if (volumes === null) return null;
  const active = VOLUME_PURPOSES.flatMap((purpose) => volumes.rows.filter((row) => row.state === 'active' && row.purpose === purpose));
  return (
    <section class="panel" aria-labelledby="volumes">
      <h2 id="volumes">{t('home.volumes')}</h2>
      {active.length === 0 ? <Empty title={t('home.noVolumes')}><p class="hint">{t('volumes.none')}</p></Empty> : (
        <>
          <Held t={t} m={{ ...volumes, volumes: volumes.rows }} />
          <dl class="facts">
            {active.map((row) => (
              <VolumeFact key={row.id} t={t} row={row} />
            ))}
          </dl>
        </>
      )}
      <p><a href={urls.volumes()}>{t('home.toVolumes')}</a></p>
    </section>
  );
}

const VolumeFact = ({ t, row }: Pick<Shell, 't'> & { readonly row: VolumeRow }) => (
  <>
    <dt>{t(`volumes.${row.purpose}`)}</dt>
    <dd>{row.bytes === null ? t('volumes.notMeasured') : bytes(row.bytes)}{row.inUse ? ` · ${t('volumes.inUse')}` : row.lastSeen === null ? null : <> · <Time at={row.lastSeen} none="" relative /></>}</dd>
  </>
);

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

function Visits({ shell: { t, urls }, visits }: { readonly shell: Shell; readonly visits: HomeModel['visits'] }) {
  return (
    <section class="panel" aria-labelledby="visits">
      <h2 id="visits">{t('home.visits')}</h2>
      <ul>
        {visits.map(({ visitor, at }) => <li key={`${visitor}:${at.getTime()}`}><bdi>{visitor === LOCAL ? t('home.local') : visitor}</bdi>, <Time at={at} none="" relative /></li>)}
      </ul>
      <p><a href={urls.activity()}>{t('home.toActivity')}</a></p>
    </section>
  );
}
