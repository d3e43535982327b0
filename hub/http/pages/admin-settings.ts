import { SETTING_FILTERS, settingsPage } from '../../../views/pages/settings';
import { HubError } from '../../domain/errors';
import type { SettingChanges } from '../../services/live-settings';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const MAX_SEARCH = 100;

/** Every setting with its value and where that comes from; what changes while the hub runs is changed here. */
export function settingsPageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;
  const page = (x: Exchange, status: number, problem?: { readonly path: string; readonly text: string; readonly given: string }): Reply => {
    const rows = services.liveSettings.list(actorOf(x));
    const filter = SETTING_FILTERS.find((one) => one === x.query.get('show')) ?? 'all';
    return kit.page(x, status, (shell) => settingsPage(shell, { rows, search: (x.query.get('q') ?? '').slice(0, MAX_SEARCH), filter, problem }));
  };
  const change = (x: Exchange, of: (path: string, value: string) => SettingChanges, said: (path: string) => string): Reply => {
    const path = x.form.one('setting') ?? '';
    const given = x.form.one('value') ?? '';
    try {
      services.liveSettings.change(actorOf(x), of(path, given));
    } catch (err) {
      if (err instanceof HubError && err.code === 'invalid-input') return page(x, 400, { path, text: err.message, given });
      throw err;
    }
    kit.flash(x, { tone: 'ok', text: said(path) });
    return seeOther(`${urls.adminSettings}?q=${encodeURIComponent(path)}`);
  };
  return [
    { method: 'get', path: '/hub/admin/settings', kind: 'page', needs: ['admin:users'], handle: (x) => page(x, 200) },
    { method: 'post', path: '/hub/admin/settings', kind: 'page', needs: ['admin:users'], reauth: true, handle: (x) => change(x, (path, value) => ({ set: { [path]: value } }), (path) => x.t('settings.saved', { setting: path })) },
    { method: 'post', path: '/hub/admin/settings/reset', kind: 'page', needs: ['admin:users'], reauth: true, handle: (x) => change(x, (path) => ({ reset: [path] }), (path) => x.t('settings.wasReset', { setting: path })) },
  ];
}
