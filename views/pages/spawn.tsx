import type { PostMortem } from '../../hub/domain/post-mortem';
import type { Stage } from '../../hub/domain/server';
import { Post, Problem } from '../components/form';
import { PostMortemPanel } from '../components/post-mortem';
import { LogTail, OpenWarning, ProfileSelect, stageText, type ProfileChoice } from '../components/server';
import { Layout, type Shell } from '../layout';

/** Whose server a page is about. `server` is empty for the default one. */
export interface Which {
  readonly user: string;
  readonly server: string;
  readonly own: boolean;
}

export interface SpawnFormModel extends Which {
  readonly profiles: readonly (ProfileChoice & { readonly description: string })[];
  readonly chosen: string | null;
  /** What the address asked for besides the profile: shown, and sent only when the person presses the button (C16). */
  readonly options: readonly (readonly [string, string])[];
  readonly next: string | undefined;
  readonly problem: string | undefined;
}

export function spawnFormPage(shell: Shell, m: SpawnFormModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={m.own ? t('spawn.title') : t('spawn.titleFor', { user: m.user })} width="narrow">
      <Post shell={shell} action={urls.spawn(m.user, m.server)} class="panel" fields={{ next: m.next, ...Object.fromEntries(m.options.map(([k, v]) => [`opt-${k}`, v])) }}>
        <Problem text={m.problem} />
        <Profiles t={t} profiles={m.profiles} chosen={m.chosen} />
        {m.options.length === 0 ? null : (
          <>
            <p class="note warn">{t('spawn.confirm')}</p>
            <h2>{t('spawn.options')}</h2>
            <dl>{m.options.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><code>{value}</code></dd></div>)}</dl>
          </>
        )}
        <p class="actions">
          <button type="submit">{t('spawn.submit')}</button>
          <a class="button quiet" href={urls.home}>{t('action.cancel')}</a>
        </p>
      </Post>
    </Layout>
  );
}

function Profiles({ t, profiles, chosen }: Pick<SpawnFormModel, 'profiles' | 'chosen'> & Pick<Shell, 't'>) {
  if (profiles.length < 2) return <OpenWarning profile={profiles[0]} t={t} />;
  return (
    <fieldset>
      <legend>{t('server.profile')}</legend>
      {profiles.map((p) => (
        <label class="choice" key={p.slug}>
          <input type="radio" name="profile" value={p.slug} checked={p.slug === chosen} /> <strong>{p.title}</strong> <span class="hint">{p.description}</span> <OpenWarning profile={p} t={t} />
        </label>
      ))}
    </fieldset>
  );
}

export interface PendingModel extends Which {
  readonly stages: readonly Stage[];
  readonly percent: number;
  /** Address of the live stream, form token included. */
  readonly progressUrl: string;
  readonly next: string | undefined;
}

/** Live by script; without one the page reloads itself every three seconds. */
export function pendingPage(shell: Shell, m: PendingModel) {
  const { t, urls } = shell;
  const last = m.stages.at(-1);
  return (
    <Layout {...shell} title={m.own && m.server === '' ? t('pending.title') : t('pending.titleNamed', { name: m.own ? m.server : `${m.user}${m.server === '' ? '' : `/${m.server}`}` })} scripts={['progress.js']} refreshSeconds={3} width="narrow">
      <div class="panel" data-progress={m.progressUrl}>
        <label for="bar">{t('pending.progress')}</label>
        <progress id="bar" max={100} value={m.percent} />
        <p data-message aria-live="polite">{last === undefined ? t('pending.requested') : stageText(last, t)}</p>
        <ol class="stages">{m.stages.map((stage) => <StageRow key={stage.kind} stage={stage} shell={shell} />)}</ol>
        <Post shell={shell} action={urls.stop(m.user, m.server)}>
          <button type="submit" class="danger">{t('pending.cancel')}</button>
        </Post>
      </div>
    </Layout>
  );
}

function StageRow({ stage, shell }: { readonly stage: Stage; readonly shell: Shell }) {
  return (
    <li data-stage={stage.kind}>
      <span>{stageText(stage, shell.t)}</span>
      <time dateTime={stage.at.toISOString()}>{stage.at.toISOString().slice(11, 19)}</time>
    </li>
  );
}

export function stoppingPage(shell: Shell, m: Which) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('pending.stoppingTitle')} refreshSeconds={3} width="narrow">
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

export function failedPage(shell: Shell, m: FailedModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('failed.title')}>
      <p class="note bad" role="alert">{m.message}</p>
      {m.mayStart ? (
        <Post shell={shell} action={urls.spawn(m.user, m.server)} class="inline" fields={{ next: m.next }}>
          <ProfileSelect id="profile" profiles={m.profiles} chosen={m.profile} t={t} />
          <button type="submit">{t('failed.again')}</button>
        </Post>
      ) : null}
      <PostMortemPanel end={m.end} t={t} log={false} />
      <LogTail lines={m.logTail} t={t} />
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
        {m.reason === null ? null : <p>{t('notRunning.reason', { reason: m.reason })}</p>}
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
