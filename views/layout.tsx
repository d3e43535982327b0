import type { ComponentChildren } from 'preact';
import type { Urls } from '../hub/urls';
import type { MaintenancePhase } from '../hub/domain/maintenance';
import { Time } from './components/time';
import { LANGUAGES, type Lang, type MessageKey, type Translate } from './i18n';

/** Said once, on top of the next page. `secret` is shown as something to copy. */
export interface Flash {
  readonly tone: 'ok' | 'bad' | 'warn';
  readonly text: string;
  readonly secret?: string;
}

/** What every page gets besides its own model. */
export interface Shell {
  readonly lang: Lang;
  readonly t: Translate;
  readonly urls: Urls;
  /** Address of a static file, with its hash. */
  readonly asset: (file: string) => string;
  /** What forms echo; empty where nothing can be posted. */
  readonly xsrf: string;
  /** null: nobody is signed in. */
  readonly viewer: { readonly name: string; readonly admin: boolean; readonly auditor?: boolean } | null;
  readonly flashes: readonly Flash[];
  /** Path and query of this page, for going back to it after a change of language. */
  readonly here: string;
  /** Path of this page, also of one that answers a form: which link of the navigation it belongs to. */
  readonly path: string;
  /** What everybody has to know of a maintenance; null or absent: nothing. */
  readonly maintenance?: MaintenanceNotice | null;
  /** When this page was made. */
  readonly now?: Date;
}

interface MaintenanceNotice {
  readonly from: Date;
  readonly until: Date | null;
  readonly message: string;
  readonly phase: MaintenancePhase;
}

interface LayoutProps extends Shell {
  readonly title: string;
  readonly width?: 'narrow' | 'wide';
  readonly scripts?: readonly string[];
  /** The page reloads itself after so many seconds; where it has scripts of its own, only when they do not run. */
  readonly refreshSeconds?: number;
  readonly children: ComponentChildren;
}

export function Layout(p: LayoutProps) {
  return (
    <html lang={p.lang === 'zh' ? 'zh-Hans' : p.lang}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${p.title} · ${p.t('app.name')}`}</title>
        <link rel="icon" href={p.asset('icon.svg')} />
        <link rel="stylesheet" href={p.asset('hub.css')} />
        {['forms.js', ...(p.scripts ?? [])].map((file) => <script key={file} src={p.asset(file)} defer />)}
        <Refresh {...p} />
      </head>
      <body>
        <a class="skip" href="#main">{p.t('app.skip')}</a>
        <Bar {...p} />
        <main id="main" class={p.width} tabIndex={-1}>
          <MaintenanceBanner {...p} />
          <Flashes flashes={p.flashes} />
          <h1>{p.title}</h1>
          {p.children}
        </main>
        <LanguageChoice {...p} />
      </body>
    </html>
  );
}

function Refresh({ refreshSeconds, scripts }: LayoutProps) {
  if (refreshSeconds === undefined) return null;
  const refresh = <meta http-equiv="refresh" content={String(refreshSeconds)} />;
  return scripts === undefined ? refresh : <noscript>{refresh}</noscript>;
}

function Bar({ t, urls, viewer, path }: Shell) {
  const link = (href: string, text: MessageKey) => <a href={href} aria-current={path === href ? 'page' : path.startsWith(`${href}/`) ? 'true' : undefined}>{t(text)}</a>;
  return (
    <header>
      <nav class="bar" aria-label={t('nav.label')}>
        <a class="brand" href={urls.hub}>{t('app.name')}</a>
        {viewer === null ? null : (
          <>
            {link(urls.home, 'nav.home')}
            {link(urls.volumes(), 'nav.volumes')}
            {viewer.admin ? link(urls.adminUsers, 'nav.users') : null}
            {viewer.admin ? link(urls.adminIdleness, 'nav.idleness') : null}
            {viewer.admin ? link(urls.adminHealth, 'nav.health') : null}
            {viewer.admin ? link(urls.adminQueue, 'nav.queue') : null}
            {viewer.admin ? link(urls.adminMaintenance, 'nav.maintenance') : null}
            {viewer.auditor === true ? link(urls.adminAudit, 'nav.audit') : null}
            <span class="who">{t('nav.signedInAs', { name: viewer.name })}</span>
            {link(urls.password, 'nav.password')}
            {link(urls.token, 'nav.tokens')}
            {link(urls.sessions, 'nav.sessions')}
            {link(urls.logout, 'nav.signOut')}
          </>
        )}
      </nav>
    </header>
  );
}

const MINUTE_MS = 60_000;

/** The minutes count down by a script; without one they are those of when the page was made. */
function MaintenanceBanner({ t, maintenance, now }: Shell) {
  if (maintenance === undefined || maintenance === null) return null;
  const { phase, from, until, message } = maintenance;
  const minutes = Math.max(0, Math.ceil((from.getTime() - (now ?? from).getTime()) / MINUTE_MS));
  return (
    <div class="note warn" role="status">
      {phase === 'active'
        ? <p>{t('banner.active')} {until === null ? null : <>{t('banner.until')} <Time at={until} none="" /></>}</p>
        : <p>{t('banner.from')} <Time at={from} none="" /> (<span data-countdown={from.toISOString()} data-text={t('banner.minutes', { minutes: '{minutes}' })}>{t('banner.minutes', { minutes })}</span>). {t(phase === 'closing' ? 'banner.closing' : 'banner.announced')}</p>}
      {message === '' ? null : <p>{message}</p>}
    </div>
  );
}

function Flashes({ flashes }: { readonly flashes: readonly Flash[] }) {
  return (
    <div role="status">
      {flashes.map((flash) => (
        <p class={`note ${flash.tone}`} key={flash.text}>
          {flash.text} {flash.secret === undefined ? null : <code class="secret">{flash.secret}</code>}
        </p>
      ))}
    </div>
  );
}

function LanguageChoice({ t, urls, xsrf, lang, here }: Shell) {
  if (xsrf === '') return null;
  return (
    <footer class="foot">
      <form method="post" action={urls.language} class="inline">
        <input type="hidden" name="_xsrf" value={xsrf} />
        <input type="hidden" name="next" value={here} />
        <label for="lang">{t('lang.label')}</label>
        <select id="lang" name="lang" data-submit>
          {LANGUAGES.map((l) => <option key={l.id} value={l.id} selected={l.id === lang} lang={l.id}>{l.name}</option>)}
        </select>
        <button type="submit" class="quiet">{t('lang.change')}</button>
      </form>
    </footer>
  );
}
