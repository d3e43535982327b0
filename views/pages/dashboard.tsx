import type { ComponentChildren } from 'preact';
import type { HostColumn, HostNow, HostView, Room, UsageRange } from '../../hub/domain/usage';
import { Meter, Spark } from '../components/amounts';
import { Time } from '../components/time';
import { bytes, type MessageKey } from '../i18n';
import { Layout, type Shell } from '../layout';

export interface DashboardModel {
  readonly view: HostView;
  /** null: the reader may not count users. */
  readonly users: { readonly active: number; readonly pending: number } | null;
  /** The newest first; null: not for this reader. */
  readonly events: readonly { readonly id: number; readonly at: Date; readonly actor: string; readonly action: string; readonly target: string; readonly ok: boolean }[] | null;
  readonly range: UsageRange;
}

interface Part {
  readonly shell: Shell;
  readonly m: DashboardModel;
}

const PERCENT = 100;
const RANGES = ['hour', 'day', 'week', 'month', 'quarter'] as const;
const percent = (share: number): string => `${Math.round(share * PERCENT)} %`;

export function dashboardPage(shell: Shell, m: DashboardModel) {
  const { t } = shell;
  return (
    <Layout {...shell} title={t('dashboard.title')} width="wide" live={['usage', 'servers', 'users', 'queue']} styles={['uplot.css']} scripts={['uplot.js', 'charts.js']}>
      <div class="grid even overview">
        <Card title={t('dashboard.host')}><Host shell={shell} now={m.view.now} /></Card>
        <Card title={t('dashboard.servers')}><Servers shell={shell} m={m} /></Card>
        {m.users === null ? null : <Card title={t('dashboard.users')}><Users shell={shell} users={m.users} /></Card>}
        <Card title={t('dashboard.starts')}><Starts shell={shell} m={m} /></Card>
      </div>
      <Plots shell={shell} m={m} />
      <div class="grid">
        {m.events === null ? null : <Card title={t('dashboard.events')}><Events shell={shell} events={m.events} /></Card>}
        <Card title={t('dashboard.actions')}><Actions shell={shell} /></Card>
      </div>
    </Layout>
  );
}

const Card = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => <section class="panel"><h2>{title}</h2>{children}</section>;

const Figure = ({ value, what }: { readonly value: number; readonly what: string }) => <p><span class="figure">{value}</span> <span class="hint">{what}</span></p>;

function Host({ shell: { t }, now }: { readonly shell: Shell; readonly now: HostNow | null }) {
  if (now === null) return <p class="hint">{t('dashboard.notYet')}</p>;
  const { cpu, cpus, memory, disk, engineDisk, loopMs } = now;
  const room = (label: MessageKey, of: Room | null) => <Meter label={t(label)} value={of?.used ?? 0} limit={of?.total ?? null} text={of === null ? null : t('dashboard.ofTotal', { used: bytes(of.used), total: bytes(of.total) })} />;
  return (
    <>
      <Meter label={t('dashboard.cpu')} value={cpu ?? 0} limit={1} text={cpu === null ? null : t('dashboard.ofCpus', { percent: percent(cpu), cpus })} />
      {room('dashboard.memory', memory)}
      {room('dashboard.disk', disk)}
      {engineDisk === null ? null : room('dashboard.engineDisk', engineDisk)}
      <Meter label={t('dashboard.loop')} value={loopMs} limit={null} text={t('dashboard.ms', { ms: Math.round(loopMs) })} />
    </>
  );
}

function Servers({ shell, m: { view: { servers, more } } }: Part) {
  const { t, urls } = shell;
  return (
    <>
      <Figure value={servers.running} what={t('dashboard.running')} />
      <dl class="facts">
        <dt>{t('dashboard.starting')}</dt><dd>{servers.starting}</dd>
        <dt>{t('dashboard.queued')}</dt><dd>{servers.queued} {servers.queued > 0 ? <a href={urls.adminQueue}>{t('dashboard.seeQueue')}</a> : null}</dd>
        <dt>{t('dashboard.failed')}</dt><dd>{servers.failed > 0 ? <span class="badge bad">{servers.failed}</span> : 0}</dd>
      </dl>
      {more === null ? null : <More shell={shell} more={more} />}
    </>
  );
}

/** Whether more people can come, and what to look after if not. */
function More({ shell: { t }, more: { count, profile, memoryBytes, bound, left, total } }: { readonly shell: Shell; readonly more: NonNullable<HostView['more']> }) {
  const amount = (value: number): string => (bound === 'machine' || bound === 'memory' ? bytes(value) : String(Number(value.toFixed(2))));
  return <p class={count === 0 ? 'hint warn' : 'hint'}>{t('dashboard.more', { count, profile, memory: bytes(memoryBytes) })} {t(`dashboard.more.${bound}`, { left: amount(left), total: amount(total) })}</p>;
}

function Users({ shell: { t, urls }, users: { active, pending } }: { readonly shell: Shell; readonly users: NonNullable<DashboardModel['users']> }) {
  return (
    <>
      <Figure value={active} what={t('dashboard.active')} />
      <dl class="facts">
        <dt>{t('dashboard.pending')}</dt><dd>{pending > 0 ? <><span class="badge warn">{pending}</span> <a href={urls.adminUsers}>{t('dashboard.review')}</a></> : 0}</dd>
      </dl>
    </>
  );
}

function Starts({ shell: { t }, m: { view: { starts } } }: Part) {
  const seconds = (value: number | null): string => (value === null ? '–' : t('dashboard.seconds', { seconds: value.toFixed(value < 10 ? 1 : 0) }));
  return (
    <>
      <Figure value={starts.started} what={t('dashboard.started')} />
      <dl class="facts">
        <dt>{t('dashboard.startFailed')}</dt><dd>{starts.failed > 0 ? <span class="badge bad">{starts.failed}</span> : 0}</dd>
        <dt>{t('dashboard.half')}</dt><dd>{seconds(starts.p50)}</dd>
        <dt>{t('dashboard.most')}</dt><dd>{seconds(starts.p95)}</dd>
      </dl>
    </>
  );
}

interface Plot {
  readonly title: MessageKey;
  /** Columns of the series, each with its name. */
  readonly lines: readonly (readonly [column: HostColumn, name: MessageKey])[];
  readonly scale: number;
}

const GIB = 1024 ** 3;
const PLOTS: readonly Plot[] = [
  { title: 'dashboard.plot.cpu', lines: [['cpu', 'dashboard.average'], ['cpuPeak', 'dashboard.peak']], scale: PERCENT },
  { title: 'dashboard.plot.memory', lines: [['memoryBytes', 'dashboard.average'], ['memoryBytesPeak', 'dashboard.peak']], scale: 1 / GIB },
  { title: 'dashboard.plot.servers', lines: [['running', 'dashboard.running'], ['queued', 'dashboard.queued']], scale: 1 },
  { title: 'dashboard.plot.spawn', lines: [['spawnP50', 'dashboard.half'], ['spawnP95', 'dashboard.most']], scale: 1 },
  { title: 'dashboard.plot.starts', lines: [['started', 'dashboard.started'], ['failed', 'dashboard.startFailed']], scale: 1 },
  { title: 'dashboard.plot.loop', lines: [['loopMs', 'dashboard.peak']], scale: 1 },
];

function Plots({ shell, m }: Part) {
  const { t, urls, xsrf, still = false } = shell;
  return (
    <section class="panel" aria-labelledby="plots">
      <h2 id="plots">{t('dashboard.plots')}</h2>
      <ul class="pills" aria-label={t('dashboard.range')}>
        {RANGES.map((range) => <li key={range}><a href={urls.adminDashboard(range)} aria-current={range === m.range ? 'true' : undefined}>{t(`dashboard.range.${range}`)}</a></li>)}
      </ul>
      <noscript><p class="hint">{t('dashboard.noPlot')}</p></noscript>
      <div class="charts">
        {PLOTS.map(({ title, lines, scale }) => (
          <figure key={title}>
            <figcaption>{t(title)}</figcaption>
            <div class="chart" id={title} data-keep data-chart={still ? '' : urls.apiUsageHost(m.range)} data-history={still ? canned(m.view.series, lines) : undefined} data-xsrf={xsrf} data-columns={lines.map(([column]) => column).join(',')} data-names={lines.map(([, name]) => t(name)).join('|')} data-scale={scale} data-time={t('dashboard.time')} data-failed={t('dashboard.plotFailed')}>
              <Shape values={m.view.series.columns[lines[0]?.[0] ?? 'cpu']} label={t('dashboard.shape')} />
            </div>
          </figure>
        ))}
      </div>
      <details>
        <summary>{t('dashboard.table')}</summary>
        <Hours shell={shell} m={m} />
      </details>
    </section>
  );
}

/** An exhibit is drawn from its own data: the API knows nothing of it. */
const canned = ({ at, columns }: HostView['series'], lines: Plot['lines']): string => JSON.stringify({ at, columns: Object.fromEntries(lines.map(([column]) => [column, columns[column]])) });

/** What a script replaces by a plot with numbers. */
const Shape = ({ values, label }: { readonly values: readonly (number | null)[]; readonly label: string }) => <Spark values={values} max={Math.max(0, ...values.map((value) => value ?? 0))} label={label} />;

function Hours({ shell: { t }, m: { view: { series: { at, columns } } } }: Part) {
  const told = (value: number | null | undefined, text: (value: number) => string = String): string => (value === null || value === undefined ? '–' : text(value));
  const seconds = (value: number): string => t('dashboard.seconds', { seconds: value.toFixed(1) });
  const row = (i: number) => (
    <tr key={at[i]}>
      <th scope="row"><Time at={new Date((at[i] as number) * 1000)} none="" /></th>
      <td class="number" data-label={t('dashboard.cpu')}>{told(columns.cpu[i], percent)}</td>
      <td class="number" data-label={t('dashboard.memory')}>{told(columns.memoryBytes[i], bytes)}</td>
      <td class="number" data-label={t('dashboard.running')}>{told(columns.running[i])}</td>
      <td class="number" data-label={t('dashboard.queued')}>{told(columns.queued[i])}</td>
      <td class="number" data-label={t('dashboard.started')}>{told(columns.started[i])}</td>
      <td class="number" data-label={t('dashboard.startFailed')}>{told(columns.failed[i])}</td>
      <td class="number" data-label={t('dashboard.most')}>{told(columns.spawnP95[i], seconds)}</td>
      <td class="number" data-label={t('dashboard.loop')}>{told(columns.loopMs[i], (ms) => t('dashboard.ms', { ms: Math.round(ms) }))}</td>
    </tr>
  );
  const heads: readonly MessageKey[] = ['dashboard.cpu', 'dashboard.memory', 'dashboard.running', 'dashboard.queued', 'dashboard.started', 'dashboard.startFailed', 'dashboard.most', 'dashboard.loop'];
  return (
    <div class="scroll">
      <table>
        <caption>{t('dashboard.caption')}</caption>
        <thead><tr><th scope="col">{t('dashboard.hour')}</th>{heads.map((head) => <th key={head} scope="col" class="number">{t(head)}</th>)}</tr></thead>
        <tbody>{at.map((_, i) => i).reverse().map(row)}</tbody>
      </table>
    </div>
  );
}

function Events({ shell: { t, urls }, events }: { readonly shell: Shell; readonly events: NonNullable<DashboardModel['events']> }) {
  if (events.length === 0) return <p class="hint">{t('dashboard.noEvents')}</p>;
  return (
    <>
      <ul class="events">
        {events.map(({ id, at, actor, action, target, ok }) => (
          <li key={id}><span><code class={ok ? undefined : 'bad'}>{action}</code> {target}</span> <span class="hint">{actor} · <Time at={at} none="" relative /></span></li>
        ))}
      </ul>
      <p><a href={urls.adminAudit}>{t('dashboard.allEvents')}</a></p>
    </>
  );
}

function Actions({ shell: { t, urls } }: { readonly shell: Shell }) {
  const links: readonly (readonly [href: string, text: MessageKey])[] = [[urls.adminUsers, 'dashboard.addUser'], [urls.adminGroups, 'dashboard.group'], [urls.notices, 'dashboard.notify'], [urls.adminMaintenance, 'dashboard.announce'], [urls.adminHealth, 'dashboard.check'], [urls.adminUsage(), 'nav.usage']];
  return <p class="actions">{links.map(([href, text]) => <a key={href} class="button quiet" href={href}>{t(text)}</a>)}</p>;
}
