import { EXHIBITS } from '../../../views/gallery';
import { NOW } from '../../../views/gallery/exhibit';
import { LANGUAGES, translator, type Lang } from '../../../views/i18n';
import { THEMES, type Shell } from '../../../views/layout';
import { galleryPage } from '../../../views/pages/gallery';
import { HubError } from '../../domain/errors';
import type { Exchange, Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';

/** A form token that is none: what is pressed in the gallery is refused. */
const NO_TOKEN = 'gallery';
const VIEWERS = { nobody: null, user: { name: 'alice', admin: false }, admin: { name: 'admin', admin: true, auditor: true } } as const;

/** Every page in every state, with canned data, for administrators who look at the pages themselves. */
export function galleryRoutes(kit: Kit): readonly HubRoute[] {
  const show = (x: Exchange): Reply => {
    const exhibit = EXHIBITS.find(({ id }) => id === x.params['exhibit']);
    if (exhibit === undefined) throw new HubError('not-found', x.t('gallery.unknown'));
    const lang: Lang = LANGUAGES.find(({ id }) => id === x.query.get('lang'))?.id ?? x.lang;
    const theme = THEMES.find((one) => one === x.query.get('theme'));
    const staged = (shell: Shell): Shell => ({ ...shell, lang, t: translator(lang), theme: theme ?? shell.theme, viewer: VIEWERS[exhibit.viewer], xsrf: NO_TOKEN, flashes: [], now: NOW, still: true });
    return kit.page(x, 200, (shell) => exhibit.page(staged(shell)));
  };
  return [
    { method: 'get', path: '/dev/gallery', kind: 'page', needs: ['admin-ui'], handle: (x) => kit.page(x, 200, (shell) => galleryPage(shell, EXHIBITS)) },
    { method: 'get', path: '/dev/gallery/:exhibit', kind: 'page', needs: ['admin-ui'], handle: show },
  ];
}
