import type { ServerState, Stage } from '../../hub/domain/server';
import { bytes, type MessageKey, type Translate } from '../i18n';
import type { Shell } from '../layout';

type Shown = ServerState['kind'] | 'stuck';

/** What people call the state; a stop that failed has its own word. */
export const shownState = (state: ServerState): Shown => (state.kind === 'stopping' && state.error !== null ? 'stuck' : state.kind);

export function StateBadge({ state, t }: { readonly state: ServerState; readonly t: Translate }) {
  const shown = shownState(state);
  return <span class={`badge ${shown === 'stuck' ? 'failed' : shown}`}>{t(`state.${shown}` satisfies MessageKey)}</span>;
}

const MINUTE_MS = 60_000;

/** How long somebody in line is likely to wait; null is said as it is. */
export function waitText(waitMs: number | null, t: Translate): string {
  if (waitMs === null) return t('queue.unknown');
  return waitMs < MINUTE_MS ? t('queue.soon') : t('queue.about', { minutes: Math.ceil(waitMs / MINUTE_MS) });
}

function pullingText({ image, receivedBytes, totalBytes, layers }: Extract<Stage, { kind: 'pulling' }>, t: Translate): string {
  const amount = totalBytes === null ? t('stage.pullingUnknown', { image, received: bytes(receivedBytes) }) : t('stage.pulling', { image, received: bytes(receivedBytes), total: bytes(totalBytes) });
  return layers === undefined || layers.total === 0 ? amount : `${amount} (${t('pending.layers', { done: layers.done, total: layers.total })})`;
}

/** One stage of a start, in words. */
export function stageText(stage: Stage, t: Translate): string {
  switch (stage.kind) {
    case 'queued':
      return `${t('stage.queued', { position: stage.position })} (${waitText(stage.waitMs, t)})`;
    case 'pulling':
      return pullingText(stage, t);
    case 'template':
      return t(`template.${stage.outcome}`, { template: stage.template });
    case 'ending':
    case 'preparing':
    case 'created':
    case 'started':
    case 'answering':
      return t(`stage.${stage.kind}`);
  }
}

interface Named {
  readonly shell: Shell;
  readonly user: string;
  /** Empty for the default one. */
  readonly server: string;
  /** What it is called on this page. */
  readonly name: string;
}

/** Where one is asked before a running server is started once more. */
export function AgainLinks({ shell: { t, urls }, user, server, name }: Named) {
  return (
    <>
      <a class="button quiet" href={urls.restart(user, server)} aria-label={t('server.restartNamed', { name })}>{t('server.restart')}</a>
      <a class="button quiet" href={urls.recreate(user, server)} aria-label={t('server.recreateNamed', { name })}>{t('server.recreate')}</a>
    </>
  );
}

export function LogLink({ shell: { t, urls }, user, server, name }: Named) {
  return <a class="button quiet" href={urls.logs(user, server)} aria-label={t('server.logNamed', { name })}>{t('server.log')}</a>;
}

export function LogTail({ lines, t }: { readonly lines: readonly string[]; readonly t: Translate }) {
  if (lines.length === 0) return null;
  return (
    <section aria-labelledby="log">
      <h2 id="log">{t('failed.log')}</h2>
      <pre class="log" tabIndex={0}>{lines.join('\n')}</pre>
    </section>
  );
}

export interface ProfileChoice {
  readonly slug: string;
  readonly title: string;
  readonly outbound: 'none' | 'open';
}

/** Said wherever a profile is chosen or about to be used: what runs there can send data away. */
export function OpenWarning({ profile, t }: { readonly profile: ProfileChoice | undefined; readonly t: Translate }) {
  return profile?.outbound === 'open' ? <span class="hint warn">{t('profile.open.warning')}</span> : null;
}

/** A choice only where there is one; with one alone, what has to be known of it. */
export function ProfileSelect(p: { readonly id: string; readonly profiles: readonly ProfileChoice[]; readonly chosen: string | null; readonly t: Translate }) {
  if (p.profiles.length < 2) return <OpenWarning profile={p.profiles[0]} t={p.t} />;
  return (
    <>
      <label for={p.id}>{p.t('server.profile')}</label>
      <select id={p.id} name="profile">
        {p.profiles.map((profile) => (
          <option key={profile.slug} value={profile.slug} selected={profile.slug === p.chosen}>{profile.outbound === 'open' ? p.t('profile.open.option', { title: profile.title }) : profile.title}</option>
        ))}
      </select>
    </>
  );
}
