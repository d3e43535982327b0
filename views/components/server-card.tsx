import type { IdleVerdict } from '../../hub/domain/idleness';
import type { Lease } from '../../hub/domain/lease';
import { span } from '../../hub/domain/idleness-words';
import { isActive, type ServerState, type Stage } from '../../hub/domain/server';
import type { UsageNow, UsageSpark } from '../../hub/domain/usage';
import { bytes } from '../i18n';
import type { Shell } from '../layout';
import { Meter, Spark } from './amounts';
import { Post } from './form';
import { IdleSentence } from './idleness';
import { adviceText, RunningNews, type ServerNews } from './post-mortem';
import { Because, Said } from './said';
import { Sentence } from './sentence';
import { ProfileSelect, stageText, StateBadge, waitText, type ProfileChoice } from './server';

export interface HomeServer {
  /** Empty for the default server. */
  readonly name: string;
  readonly state: ServerState;
  readonly profile: string | null;
  /** Why it is kept, or when it stops; `near`: soon; `leases`: those that count, the longest first. null: it is not running. */
  readonly idle: { readonly verdict: IdleVerdict; readonly near: boolean; readonly mayExtend: boolean; readonly leases: readonly Pick<Lease, 'id' | 'until' | 'who' | 'why'>[] } | null;
  /** null: nobody ever started it. */
  readonly news: ServerNews | null;
  /** null: it does not run, or was not measured yet. */
  readonly usage: { readonly now: UsageNow; readonly spark: UsageSpark | null } | null;
  /** The step that its start is at; null: none. */
  readonly stage: Stage | null;
  /** It runs with what its owner's groups gave before. */
  readonly outdated: boolean;
}

interface CardProps {
  readonly shell: Shell;
  readonly m: { readonly user: string; readonly profiles: readonly ProfileChoice[]; readonly mayStart: boolean };
  readonly server: HomeServer;
}

const label = ({ t }: Shell, server: HomeServer): string => (server.name === '' ? t('home.default') : server.name);

/** One server: what is true of it in one sentence, what it uses, and what can be done. */
export function ServerCard(p: CardProps) {
  const { shell, m, server } = p;
  const profile = m.profiles.find(({ slug }) => slug === server.profile);
  const id = `server-${server.name}`;
  return (
    <article class="panel server" aria-labelledby={id}>
      <header>
        <h2 id={id}><bdi>{label(shell, server)}</bdi></h2>
        <StateBadge state={server.state} t={shell.t} />
        {profile === undefined || m.profiles.length < 2 ? null : <span class="hint">{shell.t('home.profile', { title: profile.title })}</span>}
      </header>
      <p class={server.idle?.near ? 'lead warn' : 'lead'}><Truth {...p} /></p>
      {server.idle === null ? null : <Leases idle={server.idle} t={shell.t} />}
      <Remarks {...p} />
      <Amounts {...p} />
      <Actions {...p} />
      <Remove {...p} />
    </article>
  );
}

/** State, since when, and what happens next. */
export function Truth({ shell: { t }, server: { state, idle, stage } }: Pick<CardProps, 'shell'> & { readonly server: Pick<HomeServer, 'state' | 'stage'> & { readonly idle: { readonly verdict: IdleVerdict } | null } }) {
  switch (state.kind) {
    case 'ready':
      return <><Sentence t={t} text="home.runs" times={{ since: state.since }} /> {idle === null ? null : <IdleSentence verdict={idle.verdict} t={t} />}</>;
    case 'queued':
      return stage?.kind === 'queued'
        ? <Sentence t={t} text="home.inLine" values={{ position: stage.position, wait: waitText(stage.waitMs, t) }} times={{ since: state.since }} />
        : <Sentence t={t} text="home.waits" times={{ since: state.since }} />;
    case 'starting':
      return <><Sentence t={t} text="home.starts" times={{ since: state.since }} /> {stage === null ? null : `${stageText(stage, t)}.`}</>;
    case 'stopping':
      return state.error === null ? <Sentence t={t} text="home.stops" times={{ since: state.since }} /> : <><Sentence t={t} text="home.stuck" times={{ since: state.since }} /> <bdi><Said text={state.error} /></bdi></>;
    case 'failed':
      return <><Sentence t={t} text="home.failed" times={{ since: state.since }} /> <bdi><Said text={state.message} /></bdi></>;
    case 'stopped':
      return (
        <>
          {state.since === null ? t('home.never') : <Sentence t={t} text="home.stopped" times={{ since: state.since }} />}
          {state.reason === null ? null : <> <Because t={t} text="server.lastReason" reason={state.reason} /></>}
        </>
      );
  }
}

/** All of them, where the sentence above does not say the only one. */
function Leases({ idle: { leases, verdict }, t }: { readonly idle: NonNullable<HomeServer['idle']>; readonly t: Shell['t'] }) {
  if (leases.length === 0 || (leases.length === 1 && verdict.reason.kind === 'lease')) return null;
  return (
    <>
      <p class="hint">{t('home.leases')}</p>
      <ul class="hint">
        {leases.map(({ id, until, who, why }) => <li key={id}>{why === '' ? <Sentence t={t} text="idle.says.extended" values={{ who }} times={{ at: until }} /> : <Sentence t={t} text="idle.says.lease" values={{ who, why }} times={{ at: until }} />}</li>)}
      </ul>
    </>
  );
}

/** Of one that runs, what is not well; of one that died, what to do. */
function Remarks({ shell: { t, urls }, m, server: { news, state, name, profile, outdated } }: CardProps) {
  const open = m.profiles.find(({ slug }) => slug === profile)?.outbound === 'open' && isActive(state);
  const died = news?.lastEnd !== undefined && news.lastEnd !== null && news.lastEnd.cause !== 'asked' && !isActive(state) ? news.lastEnd : null;
  return (
    <>
      {open ? <p class="hint warn">{t('server.open.warning')}</p> : null}
      {outdated ? <p class="hint warn">{t('home.outdated')}</p> : null}
      {news !== null && isActive(state) ? <RunningNews news={news} t={t} /> : null}
      {died === null ? null : <p class="hint">{adviceText(died, t)} <a href={urls.spawnPending(m.user, name)}>{t('end.title')}</a></p>}
    </>
  );
}

const cpuText = ({ cpus, cpuLimit }: UsageNow, { t }: Shell): string | null =>
  cpus === null ? null : cpuLimit === null ? t('home.noLimit', { value: cpus.toFixed(2) }) : t('home.ofCpus', { value: cpus.toFixed(2), limit: String(Number(cpuLimit.toFixed(2))) });
const memoryText = ({ memoryBytes, memoryLimit }: UsageNow, { t }: Shell): string =>
  memoryLimit === null ? t('home.noLimit', { value: bytes(memoryBytes) }) : t('home.of', { value: bytes(memoryBytes), limit: bytes(memoryLimit) });
const most = (values: readonly (number | null)[]): number => Math.max(0, ...values.map((value) => value ?? 0));

/** What it uses against what it may, and how long it has. */
function Amounts({ shell, server: { usage, idle, state } }: CardProps) {
  const { t } = shell;
  if (state.kind !== 'ready') return null;
  return (
    <div class="amounts">
      <div>
        <Meter label={t('home.cpu')} value={usage?.now.cpus ?? 0} limit={usage?.now.cpuLimit ?? null} text={usage === null ? null : cpuText(usage.now, shell)} />
        {usage === null || usage.spark === null ? null : <Spark values={usage.spark.cpus} max={usage.now.cpuLimit ?? most(usage.spark.cpus)} label={t('home.cpuHour')} />}
      </div>
      <div>
        <Meter label={t('home.memory')} value={usage?.now.memoryBytes ?? 0} limit={usage?.now.memoryLimit ?? null} text={usage === null ? null : memoryText(usage.now, shell)} />
        {usage === null || usage.spark === null ? null : <Spark values={usage.spark.memoryBytes} max={usage.now.memoryLimit ?? most(usage.spark.memoryBytes)} label={t('home.memoryHour')} />}
      </div>
      {idle === null ? null : <TimeLeft shell={shell} verdict={idle.verdict} />}
    </div>
  );
}

/** Only while time runs out: what keeps a server is in its sentence. */
function TimeLeft({ shell: { t, now }, verdict: { verdict, at, reason } }: { readonly shell: Shell; readonly verdict: IdleVerdict }) {
  if (verdict !== 'stop' || at === null || now === undefined || (reason.kind !== 'idle' && reason.kind !== 'age')) return null;
  const left = Math.max(0, at.getTime() - now.getTime());
  return <div><Meter label={t('home.timeLeft')} value={left} limit={reason.limitMs} left text={t('home.of', { value: span(left, t), limit: span(reason.limitMs, t) })} /></div>;
}

function Actions(p: CardProps) {
  const { shell, m, server } = p;
  const { t, urls } = shell;
  const name = label(shell, server);
  const stop = (
    <Post shell={shell} action={urls.stop(m.user, server.name)} class="inline">
      <button type="submit" class="danger" aria-label={t('server.stopNamed', { name })}>{t('server.stop')}</button>
    </Post>
  );
  switch (server.state.kind) {
    case 'ready':
      return <div class="actions"><a class="button" href={urls.server(m.user, server.name)} aria-label={t('server.openNamed', { name })}>{t('server.open')}</a><Extend {...p} /><Again {...p} />{stop}</div>;
    case 'queued':
    case 'starting':
      return <div class="actions"><a class="button" href={urls.spawnPending(m.user, server.name)}>{t('server.watch')}</a>{stop}</div>;
    case 'stopping':
      return server.state.error === null ? null : <div class="actions">{stop}</div>;
    case 'stopped':
    case 'failed':
      return m.mayStart ? <StartForm {...p} /> : null;
  }
}

function Extend({ shell, m, server }: CardProps) {
  const { t, urls } = shell;
  if (server.idle?.mayExtend !== true) return null;
  return (
    <Post shell={shell} action={urls.extend(m.user, server.name)} class="inline">
      <button type="submit" class="quiet" aria-label={t('idle.extendNamed', { name: label(shell, server) })}>{t('idle.extend')}</button>
    </Post>
  );
}

function Again({ shell, m, server }: CardProps) {
  const { t, urls } = shell;
  const name = label(shell, server);
  return (
    <>
      {m.mayStart ? <a class="button quiet" href={urls.restart(m.user, server.name)} aria-label={t('server.restartNamed', { name })}>{t('server.restart')}</a> : null}
      {m.mayStart ? <a class="button quiet" href={urls.recreate(m.user, server.name)} aria-label={t('server.recreateNamed', { name })}>{t('server.recreate')}</a> : null}
      <a class="button quiet" href={urls.logs(m.user, server.name)} aria-label={t('server.logNamed', { name })}>{t('server.log')}</a>
    </>
  );
}

function StartForm({ shell, m, server }: CardProps) {
  const { t, urls } = shell;
  const name = label(shell, server);
  return (
    <Post shell={shell} action={urls.spawn(m.user, server.name)} class="actions">
      <button type="submit" aria-label={t('server.startNamed', { name })}>{t('server.start')}</button>
      <ProfileSelect id={`profile-${server.name}`} profiles={m.profiles} chosen={server.profile} t={t} />
      {m.profiles.length < 2 ? null : <button type="submit" class="quiet" formaction={urls.profile(m.user, server.name)}>{t('server.keepProfile')}</button>}
      <a class="button quiet" href={server.name === '' ? urls.launch() : urls.launch(m.user, server.name)} aria-label={t('home.choicesNamed', { name })}>{t('home.choices')}</a>
    </Post>
  );
}

/** Of a named server that does not run: its name is free again then, and nothing else is lost. */
function Remove({ shell, m, server }: CardProps) {
  const { t, urls } = shell;
  if (server.name === '' || isActive(server.state)) return null;
  return (
    <details>
      <summary aria-label={t('home.removeNamed', { name: server.name })}>{t('home.remove')}</summary>
      <Post shell={shell} action={urls.serverRemove(m.user, server.name)} class="inline">
        <p class="hint">{t('home.removeExplain')}</p>
        <button type="submit" class="danger">{t('home.removeSubmit', { name: server.name })}</button>
      </Post>
    </details>
  );
}
