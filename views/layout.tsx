import type { ComponentChildren } from 'preact';
import type { Urls } from '../hub/urls';
import type { MaintenancePhase } from '../hub/domain/maintenance';
import { NoticeBanners, type NoticeShown } from './components/notices';
import { PageLanguage } from './components/said';
import { Time } from './components/time';
import type { Topic } from '../hub/domain/topics';
import { LANGUAGES, type Lang, type Translate } from './i18n';
import { navigation } from './nav';

/** Said once, on top of the next page. `secret` is shown as something to copy. */
export interface Flash {
  readonly tone: 'ok' | 'bad' | 'warn';
  readonly text: string;
  readonly secret?: string;
}

export const THEMES = ['auto', 'light', 'dark'] as const;
/** `auto`: as the reader's system is. */
export type Theme = (typeof THEMES)[number];

/** How this hub presents itself. */
export interface Brand {
  readonly name: string;
  /** Address of a picture of its own; null: ours. */
  readonly logo: string | null;
  /** Address of a style sheet with its colours; null: ours. */
  readonly style: string | null;
  /** A word that tells this hub from its siblings, such as `TEST`; null: none. */
  readonly stage: string | null;
}

/** What every page gets besides its own model. */
export interface Shell {
  readonly lang: Lang;
  readonly t: Translate;
  readonly urls: Urls;
  readonly theme: Theme;
  readonly brand: Brand;
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
  /** Messages that the viewer has not closed, newest first; absent: none. */
  readonly notices?: readonly NoticeShown[];
  /** When this page was made. */
  readonly now?: Date;
  /** An exhibit: it follows no changes, because it has nothing to do with them. */
  readonly still?: boolean;
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
  /** What it shows of things that change: the page follows them. */
  readonly live?: readonly Topic[];
  readonly scripts?: readonly string[];
  /** Style sheets besides the one of every page. */
  readonly styles?: readonly string[];
  /** The page reloads itself after so many seconds; where it has scripts of its own or follows what it shows, only when they do not run. */
  readonly refreshSeconds?: number;
  readonly children: ComponentChildren;
}

export function Layout(p: LayoutProps) {
  const { lang, asset, brand, viewer, theme } = p;
  return (
    <PageLanguage.Provider value={lang}>
      <html lang={lang === 'zh' ? 'zh-Hans' : lang} data-theme={theme === 'auto' ? undefined : theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <title>{`${p.title} · ${brand.name}`}</title>
          <link rel="icon" href={brand.logo ?? asset('icon.svg')} />
          <link rel="stylesheet" href={asset('hub.css')} />
          {(p.styles ?? []).map((file) => <link key={file} rel="stylesheet" href={asset(file)} />)}
          {brand.style === null ? null : <link rel="stylesheet" href={brand.style} />}
          {scriptsOf(p).map((file) => <script key={file} src={asset(file)} defer />)}
          <Refresh {...p} />
        </head>
        <body class={viewer === null ? 'plain' : undefined}>
          <a class="skip" href="#main">{p.t('app.skip')}</a>
          <Bar {...p} />
          {viewer === null ? null : <Nav {...p} viewer={viewer} />}
          <main id="main" class={p.width} tabIndex={-1} {...following(p)}>
            <MaintenanceBanner {...p} />
            {p.notices === undefined || p.notices.length === 0 ? null : <NoticeBanners {...p} notices={p.notices} />}
            <Flashes flashes={p.flashes} />
            <h1>{p.title}</h1>
            {p.children}
          </main>
          <Choices {...p} />
        </body>
      </html>
    </PageLanguage.Provider>
  );
}

const scriptsOf = ({ live, scripts = [] }: LayoutProps): readonly string[] => ['forms.js', ...(live === undefined ? [] : ['idiomorph.js', 'live.js']), ...scripts];

/** What the script needs to follow what the page shows. A script reads pages of the hub with the form token alone, which no server's page has (decision 007). */
const following = ({ live, xsrf, urls, t, still = false }: LayoutProps) => (live === undefined || still ? {} : { 'data-live': [...new Set([...live, 'notices'])].join(','), 'data-events': urls.apiEvents, 'data-xsrf': xsrf, 'data-lost': t('live.lost'), 'data-connected': t('live.connected') });

function Refresh({ refreshSeconds, scripts, live }: LayoutProps) {
  if (refreshSeconds === undefined) return null;
  const refresh = <meta http-equiv="refresh" content={String(refreshSeconds)} />;
  return scripts === undefined && live === undefined ? refresh : <noscript>{refresh}</noscript>;
}

function Bar({ t, urls, viewer, brand, asset, live }: LayoutProps) {
  return (
    <header class="bar">
      {viewer === null ? null : <button type="button" class="quiet menu" popovertarget="nav">{t('nav.menu')}</button>}
      <a class="brand" href={urls.hub}><img src={brand.logo ?? asset('icon.svg')} alt="" width="24" height="24" /> <span class="word">{brand.name}</span></a>
      {brand.stage === null ? null : <span class="badge stage">{brand.stage}</span>}
      {live === undefined ? null : <span class="pulse" id="pulse" role="status" hidden>{t('live.connected')}</span>}
      {viewer === null ? null : <span class="who">{t('nav.signedInAs', { name: viewer.name })}</span>}
      {viewer === null ? null : <a href={urls.logout}>{t('nav.signOut')}</a>}
    </header>
  );
}

/** On a phone it opens over the page, without a script. */
function Nav({ t, urls, viewer, path }: Shell & { readonly viewer: NonNullable<Shell['viewer']> }) {
  return (
    <nav id="nav" class="nav" popover="auto" aria-label={t('nav.label')}>
      {navigation(urls, viewer).map(({ title, links }) => (
        <section key={title} aria-labelledby={title}>
          <h2 id={title}>{t(title)}</h2>
          <ul>
            {links.map(({ href, text, exact = false }) => <li key={href}><a href={href} aria-current={path === href ? 'page' : !exact && path.startsWith(`${href}/`) ? 'true' : undefined}>{t(text)}</a></li>)}
          </ul>
        </section>
      ))}
    </nav>
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
    <div role="status" id="flashes">
      {flashes.map((flash) => (
        <p class={`note ${flash.tone}`} key={flash.text}>
          {flash.text} {flash.secret === undefined ? null : <code class="secret">{flash.secret}</code>}
        </p>
      ))}
    </div>
  );
}

function Choices(p: Shell) {
  const { t, urls } = p;
  if (p.xsrf === '') return null;
  return (
    <footer class="foot">
      <Choice {...p} id="lang" action={urls.language} label={t('lang.label')} options={LANGUAGES.map(({ id, name }) => ({ id, name, lang: id }))} chosen={p.lang} />
      <Choice {...p} id="theme" action={urls.theme} label={t('theme.label')} options={THEMES.map((id) => ({ id, name: t(`theme.${id}`) }))} chosen={p.theme} />
    </footer>
  );
}

interface ChoiceProps extends Shell {
  readonly id: string;
  readonly action: string;
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly name: string; readonly lang?: string }[];
  readonly chosen: string;
}

function Choice({ t, id, action, label, options, chosen, xsrf, here }: ChoiceProps) {
  return (
    <form method="post" action={action} class="inline">
      <input type="hidden" name="_xsrf" value={xsrf} />
      <input type="hidden" name="next" value={here} />
      <label for={id}>{label}</label>
      <select id={id} name={id} data-submit>
        {options.map((o) => <option key={o.id} value={o.id} selected={o.id === chosen} lang={o.lang}>{o.name}</option>)}
      </select>
      <button type="submit" class="quiet">{t('lang.change')}</button>
    </form>
  );
}
