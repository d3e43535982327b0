import type { IdleLimits, IdleVerdict } from '../../hub/domain/idleness';
import { endOf } from '../../hub/domain/idleness';
import { span } from '../../hub/domain/idleness-words';
import type { ServerState, Stage } from '../../hub/domain/server';
import { USAGE_RANGES, type UsageNow, type UsageRange, type UsageSpark } from '../../hub/domain/usage';
import { Meter, Spark } from '../components/amounts';
import { Post } from '../components/form';
import { limitFrom } from '../components/idleness';
import { PostMortemPanel, RunningNews, type ServerNews } from '../components/post-mortem';
import { StateBadge } from '../components/server';
import { Truth } from '../components/server-card';
import { Time } from '../components/time';
import { bytes, type Translate } from '../i18n';
import { Layout, type Shell } from '../layout';
import { cpuText, memoryText } from './servers';

export interface ServerDetailModel {
  readonly user: string;
  /** Empty: the default one. */
  readonly name: string;
  readonly own: boolean;
  readonly state: ServerState;
  /** The step that its start is at; null: none. */
  readonly stage: Stage | null;
  readonly displayName: string;
  readonly profile: { readonly slug: string; readonly title: string } | null;
  readonly created: Date;
  readonly lastActivity: Date | null;
  /** What its last start was asked for. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly usage: { readonly now: UsageNow; readonly spark: UsageSpark | null } | null;
  /** null: it is not running. */
  readonly idle: {
    readonly verdict: IdleVerdict;
    readonly near: boolean;
    readonly limits: IdleLimits;
    readonly idleForMs: number;
    readonly ageMs: number;
    readonly uses: number;
    readonly bytes: number;
    /** When it last said what it does; null: not yet. */
    readonly answered: Date | null;
    readonly running: number;
    readonly leases: readonly { readonly who: string; readonly why: string; readonly until: Date }[];
  } | null;
  readonly news: ServerNews | null;
  readonly volumes: readonly { readonly purpose: 'home' | 'workspace' | 'cache'; readonly bytes: number | null; readonly lastSeen: Date | null }[];
  /** Above this somebody is warned; null: never. */
  readonly softQuota: number | null;
  readonly volumeBytes: number;
  /** null: it was never started. `spark`: what is drawn where no script draws. */
  readonly history: { readonly range: UsageRange; readonly spark: UsageSpark | null } | null;
  readonly may: { readonly start: boolean; readonly stop: boolean; readonly extend: boolean; readonly log: boolean; readonly open: boolean };
  readonly now: Date;
}

interface Part {
  readonly shell: Shell;
  readonly m: ServerDetailModel;
}

/** Everything that is known of one server, with what each number means. */
export function serverPage(shell: Shell, m: ServerDetailModel) {
  const { t, urls } = shell;
  const running = m.state.kind === 'ready';
  return (
    <Layout {...shell} title={m.name === '' ? m.user : `${m.user} / ${m.name}`} width="wide" live={['servers', 'usage', 'volumes']} styles={['uplot.css']} scripts={['uplot.js', 'charts.js']}>
      <p class="back"><a href={urls.adminServers}>{t('servers.back')}</a> · <a href={urls.adminUserPage(m.user)}>{t('servers.owner', { user: m.user })}</a></p>
      <p class={m.idle?.near ? 'lead warn' : 'lead'}><StateBadge state={m.state} t={t} /> <Truth shell={shell} server={{ state: m.state, stage: m.stage, idle: m.idle }} /></p>
      {m.news !== null && running ? <RunningNews news={m.news} t={t} /> : null}
      <Actions shell={shell} m={m} />
      <div class="grid broad">
        {running ? <Now shell={shell} m={m} /> : null}
        {m.idle === null ? null : <End shell={shell} m={m} idle={m.idle} />}
        <Facts shell={shell} m={m} />
        <Volumes shell={shell} m={m} />
      </div>
      {m.history === null ? null : <History shell={shell} m={m} range={m.history.range} spark={m.history.spark} />}
      <PostMortemPanel end={m.news?.lastEnd ?? null} t={t} />
    </Layout>
  );
}

function Actions({ shell, m }: Part) {
  const { t, urls } = shell;
  const { kind } = m.state;
  const full = `${m.user}/${m.name}`;
  const bulk = (action: string, text: string, style: string | undefined, sure: boolean) => (
    <Post shell={shell} action={urls.adminServersBulk} class="inline" fields={{ action, server: full, next: shell.here, ...(sure ? { confirmed: 'yes' } : {}) }}><button type="submit" class={style}>{text}</button></Post>
  );
  const down = kind === 'stopped' || kind === 'failed';
  return (
    <div class="actions">
      {kind === 'ready' && m.may.open ? <a class="button" href={m.own ? urls.server(m.user, m.name) : urls.access(m.user, m.name)}>{t('servers.open')}</a> : null}
      {down && m.may.start ? bulk('start', t('servers.start'), undefined, true) : null}
      {kind === 'ready' && m.may.extend ? <Post shell={shell} action={urls.extend(m.user, m.name)} class="inline" fields={{ next: shell.here }}><button type="submit" class="quiet">{t('idle.extend')}</button></Post> : null}
      {kind === 'ready' && m.may.start && m.may.stop ? <a class="button quiet" href={urls.restart(m.user, m.name)}>{t('servers.restart')}</a> : null}
      {kind === 'ready' && m.may.start && m.may.stop ? <a class="button quiet" href={urls.recreate(m.user, m.name)}>{t('servers.recreate')}</a> : null}
      {m.may.log && m.state.kind !== 'queued' ? <a class="button quiet" href={urls.logs(m.user, m.name)}>{t('servers.log')}</a> : null}
      {kind === 'starting' || kind === 'queued' ? <a class="button quiet" href={urls.spawnPending(m.user, m.name)}>{t('servers.watch')}</a> : null}
      {!down && m.may.stop ? bulk('stop', t(kind === 'queued' || kind === 'starting' ? 'servers.cancel' : 'server.stop'), 'danger', false) : null}
    </div>
  );
}

const most = (values: readonly (number | null)[]): number => Math.max(0, ...values.map((value) => value ?? 0));

function Now({ shell: { t }, m: { usage } }: Part) {
  return (
    <section class="panel" aria-labelledby="usage">
      <h2 id="usage">{t('servers.usage')}</h2>
      <Meter label={t('servers.columnCpu')} value={usage?.now.cpus ?? 0} limit={usage?.now.cpuLimit ?? null} text={usage === null || usage.now.cpus === null ? null : cpuText(usage.now, t)} />
      <p class="hint">{usage !== null && usage.now.cpuLimit === null ? t('servers.cpuUnlimited') : t('servers.cpuMeans')}</p>
      {usage?.spark === null || usage === null ? null : <Spark values={usage.spark.cpus} max={usage.now.cpuLimit ?? most(usage.spark.cpus)} label={t('servers.cpuHour')} />}
      <Meter label={t('servers.columnMemory')} value={usage?.now.memoryBytes ?? 0} limit={usage?.now.memoryLimit ?? null} text={usage === null ? null : memoryText(usage.now, t)} />
      <p class="hint">{usage !== null && usage.now.memoryLimit === null ? t('servers.memoryUnlimited') : t('servers.memoryMeans')}</p>
      {usage?.spark === null || usage === null ? null : <Spark values={usage.spark.memoryBytes} max={usage.now.memoryLimit ?? most(usage.spark.memoryBytes)} label={t('servers.memoryHour')} />}
      <p class="hint">{usage === null ? t('servers.notMeasured') : <>{t('servers.measured')} <Time at={usage.now.at} none="" relative /></>}</p>
    </section>
  );
}

const limited = (ms: number, { limitMs, from }: { readonly limitMs: number | null; readonly from: string }, t: Translate): string =>
  limitMs === null ? t('servers.noLimit', { value: span(ms, t), from: limitFrom(from, t) }) : t('servers.limit', { value: span(ms, t), limit: span(limitMs, t), from: limitFrom(from, t) });

function End({ shell: { t }, m, idle }: Part & { readonly idle: NonNullable<ServerDetailModel['idle']> }) {
  const end = endOf(idle.verdict);
  return (
    <section class="panel" aria-labelledby="end-of">
      <h2 id="end-of">{t('servers.end')}</h2>
      <dl class="facts">
        <dt>{t('servers.columnLeft')}</dt><dd>{idle.verdict.verdict === 'keep' || end === null ? t('servers.kept') : span(Math.max(0, end.getTime() - m.now.getTime()), t)}</dd>
        <dt>{t('servers.age')}</dt><dd>{limited(idle.ageMs, { limitMs: idle.limits.maxAgeMs, from: idle.limits.maxAgeFrom }, t)}</dd>
        <dt>{t('servers.idleFor')}</dt><dd>{limited(idle.idleForMs, { limitMs: idle.limits.idleMs, from: idle.limits.idleFrom }, t)}</dd>
        <dt>{t('servers.cells')}</dt><dd>{idle.answered === null ? t('servers.notAsked') : <>{idle.running}, {t('servers.answered')} <Time at={idle.answered} none="" relative /></>}</dd>
        <dt>{t('servers.traffic')}</dt><dd>{t('servers.trafficOf', { uses: idle.uses, bytes: bytes(idle.bytes) })}</dd>
        {idle.leases.length === 0 ? null : <><dt>{t('servers.leases')}</dt><dd>{idle.leases.map(({ who, why, until }) => <div key={`${who}${until.toISOString()}`}><bdi>{who}</bdi>{why === '' ? '' : `: ${why}`}, {t('servers.until')} <Time at={until} none="" /></div>)}</dd></>}
      </dl>
      <p class="hint">{t('servers.endMeans')}</p>
    </section>
  );
}

function Facts({ shell: { t }, m }: Part) {
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">{t('servers.facts')}</h2>
      <dl class="facts">
        {m.displayName === '' ? null : <><dt>{t('servers.displayName')}</dt><dd><bdi>{m.displayName}</bdi></dd></>}
        <dt>{t('server.profile')}</dt><dd>{m.profile === null ? t('servers.neverStarted') : m.profile.title}</dd>
        <dt>{t('servers.columnActivity')}</dt><dd><Time at={m.lastActivity} none={t('users.never')} relative /></dd>
        <dt>{t('servers.since')}</dt><dd><Time at={m.state.since} none={t('users.never')} /></dd>
        <dt>{t('people.created')}</dt><dd><Time at={m.created} none="" /></dd>
        {m.options.map(([name, value]) => <><dt key={name}><code>{name}</code></dt><dd><bdi>{value}</bdi></dd></>)}
      </dl>
    </section>
  );
}

function Volumes({ shell: { t, urls }, m }: Part) {
  return (
    <section class="panel" aria-labelledby="volumes">
      <h2 id="volumes">{t('nav.volumes')}</h2>
      {m.volumes.length === 0 ? <p class="hint">{t('person.noVolumes')}</p> : (
        <>
          {m.softQuota === null ? null : <Meter label={t('servers.held')} value={m.volumeBytes} limit={m.softQuota} text={t('servers.of', { used: bytes(m.volumeBytes), limit: bytes(m.softQuota) })} />}
          <dl class="facts">
            {m.volumes.map((volume) => <><dt key={volume.purpose}>{t(`volumes.${volume.purpose}`)}</dt><dd>{volume.bytes === null ? t('person.sizeUnknown') : bytes(volume.bytes)}</dd></>)}
          </dl>
          <p><a href={urls.volumes(m.user)}>{t('servers.manageVolumes')}</a></p>
        </>
      )}
      <p class="hint">{t('servers.volumesMean')}</p>
    </section>
  );
}

const GIB = 1024 ** 3;
const PLOTS = [
  { title: 'servers.plot.cpu', columns: 'cpus,cpusPeak', scale: 1, of: (spark: UsageSpark) => spark.cpus },
  { title: 'servers.plot.memory', columns: 'memoryBytes,memoryBytesPeak', scale: 1 / GIB, of: (spark: UsageSpark) => spark.memoryBytes },
] as const;

/** Drawn by a script from the API; without one, the last hour. */
function History({ shell, m, range, spark }: Part & { readonly range: UsageRange; readonly spark: UsageSpark | null }) {
  const { t, urls, xsrf, still = false } = shell;
  return (
    <section class="panel" aria-labelledby="plots">
      <h2 id="plots">{t('servers.history')}</h2>
      <ul class="pills" aria-label={t('dashboard.range')}>
        {USAGE_RANGES.map((one) => <li key={one}><a href={`${urls.adminServer(m.user, m.name)}?range=${one}`} aria-current={one === range ? 'true' : undefined}>{t(`dashboard.range.${one}`)}</a></li>)}
      </ul>
      <div class="charts">
        {PLOTS.map(({ title, columns, scale, of }) => (
          <figure key={title}>
            <figcaption>{t(title)}</figcaption>
            <div class="chart" id={title} data-keep data-chart={still ? undefined : `${urls.apiUsage(m.user, m.name)}?range=${range}`} data-xsrf={xsrf} data-columns={columns} data-names={`${t('dashboard.average')}|${t('dashboard.peak')}`} data-scale={scale} data-time={t('dashboard.time')} data-failed={t('dashboard.plotFailed')}>
              {spark === null ? <p class="hint">{t('servers.noHistory')}</p> : <Spark values={of(spark)} max={most(of(spark))} label={t(title)} />}
            </div>
          </figure>
        ))}
      </div>
    </section>
  );
}
