import type { Urls } from '../hub/urls';
import type { MessageKey } from './i18n';

interface NavLink {
  readonly href: string;
  readonly text: MessageKey;
  /** What lies below its address belongs to other links. */
  readonly exact?: true;
}

export interface NavSection {
  readonly title: MessageKey;
  readonly links: readonly NavLink[];
}

interface Viewer {
  readonly admin: boolean;
  readonly auditor?: boolean;
}

/** What the navigation offers, in its order. A page that is not for this viewer is not named. */
export function navigation(urls: Urls, viewer: Viewer): readonly NavSection[] {
  const own: NavSection = {
    title: 'nav.own',
    links: [
      { href: urls.home, text: 'nav.home' },
      { href: urls.launch(), text: 'nav.launch' },
      { href: urls.files(), text: 'nav.files' },
      { href: urls.volumes(), text: 'nav.volumes' },
      { href: urls.token, text: 'nav.tokens' },
      { href: urls.sessions, text: 'nav.sessions' },
      { href: urls.activity(), text: 'nav.activity' },
      { href: urls.account, text: 'nav.account' },
      { href: urls.password, text: 'nav.password' },
      ...(viewer.admin ? [] : [{ href: urls.notices, text: 'nav.notices' } as const]),
    ],
  };
  const admin: readonly NavLink[] = viewer.admin
    ? [
        { href: urls.adminDashboard(), text: 'nav.dashboard', exact: true },
        { href: urls.adminServers, text: 'nav.servers' },
        { href: urls.adminUsers, text: 'nav.users' },
        // Unlike the rest of these, groups are nothing for managers.
        ...(viewer.auditor === true ? [{ href: urls.adminGroups, text: 'nav.groups' as const }] : []),
        { href: urls.adminQueue, text: 'nav.queue' },
        { href: urls.adminIdleness, text: 'nav.idleness' },
        { href: urls.adminUsage(), text: 'nav.usage' },
        { href: urls.notices, text: 'nav.notices' },
        { href: urls.adminMaintenance, text: 'nav.maintenance' },
        { href: urls.adminHealth, text: 'nav.health' },
      ]
    : [];
  const audit: readonly NavLink[] = viewer.auditor === true ? [{ href: urls.adminAudit, text: 'nav.audit' }, { href: urls.adminSettings, text: 'nav.settings' }] : [];
  return [own, { title: 'nav.admin' as const, links: [...admin, ...audit] }].filter(({ links }) => links.length > 0);
}
