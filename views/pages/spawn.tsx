import type { PostMortem } from '../../hub/domain/post-mortem';
import { likelyCause } from '../../hub/domain/failure';
import type { Stage } from '../../hub/domain/server';
import { Post, Problem } from '../components/form';
import { PostMortemPanel } from '../components/post-mortem';
import { Because } from '../components/said';
import { ProfileSelect, stageText, type ProfileChoice } from '../components/server';
import type { Translate } from '../i18n';
import { Layout, type Shell } from '../layout';

/** Whose server a page is about. `server` is empty for the default one. */
export interface Which {
  readonly user: string;
  readonly server: string;
  readonly own: boolean;
}

export interface PendingModel extends Which {
  readonly stages: readonly Stage[];
  readonly percent: number;
  /** Address of the live stream, form token included. */
  readonly progressUrl: string;
  /** The last lines that it wrote, and the address of more; null: the reader may not see them. */
  readonly log: { readonly lines: readonly string[]; readonly url: string } | null;
  readonly next: string | undefined;
}

/** Live by script; without one the page reloads itself every three seconds. */
export function pendingPage(shell: Shell, m: PendingModel) {
  const { t, urls } = shell;
  const last = m.stages.at(-1);
  const seen = new Set(m.stages.map(({ kind }) => kind));
  return (
    <Layout {...shell} title={m.own && m.server === '' ? t('pending.title') : t('pending.titleNamed', { name: m.own ? m.server : `${m.user}${m.server === '' ? '' : `/${m.server}`}` })} scripts={['progress.js', 'log.js']} refreshSeconds={3}>
      <div class="panel" data-progress={shell.still === true ? undefined : m.progressUrl}>
        <label for="bar">{t('pending.progress')}</label>
        <progress id="bar" max={100} value={m.percent} />
        <p class="lead" data-message aria-live="polite">{last === undefined ? t('pending.requested') : stageText(last, t)}</p>
        {last?.kind === 'queued' ? <p class="hint" data-while="queued">{t('pending.line')}</p> : null}
        <ol class="stages" data-took={t('pending.took', { seconds: '{seconds}' })}>
          {m.stages.map((stage, i) => <StageRow key={stage.kind} stage={stage} until={m.stages[i + 1]?.at ?? null} shell={shell} />)}
          {EXPECTED.filter((kind) => !seen.has(kind)).map((kind) => <li key={kind} data-stage={kind} class="next"><span>{t(`stage.${kind}`)}</span><time>{t('pending.next')}</time></li>)}
        </ol>
        <Post shell={shell} action={urls.stop(m.user, m.server)}>
          <button type="submit" class="danger">{t('pending.cancel')}</button>
        </Post>
        <noscript><p class="hint">{t('pending.reload')}</p></noscript>
      </div>
      {m.log === null ? null : <StartLog log={m.log} t={t} still={shell.still === true} />}
    </Layout>
  );
}

/** What every start comes through, in this order. */
const EXPECTED = ['preparing', 'created', 'started', 'answering'] as const;

const SECOND_MS = 1_000;

/** When it began, and how long it took once the next one began. */
function StageRow({ stage, until, shell: { t } }: { readonly stage: Stage; readonly until: Date | null; readonly shell: Shell }) {
  const seconds = until === null ? null : ((until.getTime() - stage.at.getTime()) / SECOND_MS).toFixed(1);
  return (
    <li data-stage={stage.kind} class={stage.kind === 'template' && stage.path === null && stage.outcome !== 'copying' ? 'warn' : undefined}>
      <span>{stageText(stage, t)}</span>
      {stage.kind === 'pulling' && stage.totalBytes !== null ? <progress max={stage.totalBytes} value={stage.receivedBytes} aria-label={stageText(stage, t)} /> : null}
      <span class="took">{seconds === null ? null : t('pending.took', { seconds })}</span>
      <time dateTime={stage.at.toISOString()}>{stage.at.toISOString().slice(11, 19)}</time>
    </li>
  );
}

/** Followed by the script of the log page as soon as there is something to follow. */
function StartLog({ log: { lines, url }, t, still }: { readonly log: NonNullable<PendingModel['log']>; readonly t: Translate; readonly still: boolean }) {
  return (
    <section class="panel" aria-labelledby="log">
      <h2 id="log">{t('pending.log')}</h2>
      <p class="hint" role="status" data-log-state data-live={t('log.live')} data-ended={t('log.ended')}>{lines.length === 0 ? t('pending.logWait') : t('log.reload')}</p>
      <pre class="log" id="log-text" tabIndex={0} aria-labelledby="log" data-log={still ? undefined : url} data-after="started">{lines.length === 0 ? t('pending.logEmpty') : lines.join('\n')}</pre>
      <CopyLog t={t} />
    </section>
  );
}

const CopyLog = ({ t }: { readonly t: Translate }) => <p class="actions"><button type="button" class="quiet" data-copy="log-text" data-copied={t('log.copied')}>{t('log.copy')}</button></p>;

export function stoppingPage(shell: Shell, m: Which) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('pending.stoppingTitle')} live={['servers']} refreshSeconds={3} width="narrow">
      <div class="panel">
        <p role="status">{t('pending.stopping')}</p>
        <p><a class="button quiet" href={m.own ? urls.home : urls.adminUsers}>{t('action.back')}</a></p>
      </div>
    </Layout>
  );
}

export interface FailedModel extends Which {
  readonly message: string;
  readonly logTail: readonly string[];
  /** How its process ended; null: it never had one. */
  readonly end: PostMortem | null;
  readonly mayStart: boolean;
  readonly profiles: readonly ProfileChoice[];
  readonly profile: string | null;
  readonly next: string | undefined;
}

/** What to do about it stands before what was found out; the log comes last. */
export function failedPage(shell: Shell, m: FailedModel) {
  const { t, urls } = shell;
  const cause = likelyCause(m);
  return (
    <Layout {...shell} title={t('failed.title')}>
      <Problem text={m.message} />
      <section class="panel">
        <dl class="facts">
          <dt>{t('failed.cause')}</dt><dd>{t(`failed.cause.${cause}`)}</dd>
          <dt>{t('failed.next')}</dt><dd>{t(`failed.next.${cause}`)}</dd>
        </dl>
        {m.mayStart ? (
          <div class="actions">
            <Post shell={shell} action={urls.spawn(m.user, m.server)} class="inline" fields={{ next: m.next }}>
              <ProfileSelect id="profile" profiles={m.profiles} chosen={m.profile} t={t} />
              <button type="submit">{t('failed.again')}</button>
            </Post>
            <a class="button quiet" href={urls.launch(m.own && m.server === '' ? undefined : m.user, m.server)}>{t('failed.choose')}</a>
          </div>
        ) : null}
      </section>
      <PostMortemPanel end={m.end} t={t} brief />
      {m.logTail.length === 0 ? null : (
        <section class="panel" aria-labelledby="log">
          <h2 id="log">{t('failed.log')}</h2>
          <pre class="log" id="log-text" tabIndex={0} aria-labelledby="log">{m.logTail.join('\n')}</pre>
          <CopyLog t={t} />
        </section>
      )}
    </Layout>
  );
}

export interface NotRunningModel extends Which {
  readonly reason: string | null;
  readonly end: PostMortem | null;
  readonly mayStart: boolean;
  readonly profiles: readonly ProfileChoice[];
  readonly profile: string | null;
  readonly next: string | undefined;
}

export function notRunningPage(shell: Shell, m: NotRunningModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('notRunning.title')} width="narrow">
      <div class="panel">
        <p>{t('notRunning.explain', { name: m.server === '' ? m.user : `${m.user}/${m.server}` })}</p>
        {m.reason === null ? null : <p><Because t={t} text="notRunning.reason" reason={m.reason} /></p>}
        {m.mayStart ? (
          <Post shell={shell} action={urls.spawn(m.user, m.server)} fields={{ next: m.next }}>
            <ProfileSelect id="profile" profiles={m.profiles} chosen={m.profile} t={t} />
            <p><button type="submit" autofocus>{t('notRunning.start')}</button></p>
          </Post>
        ) : <p>{t('notRunning.mayNot')}</p>}
      </div>
      <PostMortemPanel end={m.end} t={t} />
    </Layout>
  );
}
