import { createUrls } from '../../../hub/urls';
import { translator } from '../../../views/i18n';
import type { Shell } from '../../../views/layout';
import { resetPage, volumesPage, type VolumeRow, type VolumesModel } from '../../../views/pages/volumes';
import { renderPage } from '../../../views/render';

const shell: Shell = { lang: 'en', t: translator('en'), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, urls: createUrls('/'), asset: (file) => `/hub/static/${file}`, xsrf: 'token', viewer: { name: 'alice', admin: false }, flashes: [], here: '/', path: '/' };
const at = new Date('2026-01-05T08:00:00Z');
const home: VolumeRow = { id: 'v1', purpose: 'home', generation: 2, state: 'active', bytes: 3 * 1024 ** 3, measured: at, inUse: false, lastSeen: at, binned: null, ends: null };
const model: VolumesModel = { user: 'alice', own: true, volumes: [home], bytes: home.bytes ?? 0, softQuota: null, over: false, running: false, mayHandOver: false, problem: undefined };

test('the question before a reset names what each volume holds, how much, and when it was used last', () => {
  const html = renderPage(resetPage(shell, { user: 'alice', volumes: [home], back: '/hub/volumes/alice' }));
  for (const text of ['Settings, and everything in the home folder', '3.0 GiB', '2026-01-05 08:00 UTC', 'name="home" value="yes"', 'action="/hub/volumes/alice/reset"']) expect(html).toContain(text);
});

test('a size that nobody knows yet is told as that, and never as nothing', () => {
  const html = renderPage(volumesPage(shell, { ...model, volumes: [{ ...home, bytes: null, measured: null }], bytes: 0, softQuota: 1024 ** 3 }));
  expect(html).toContain('not measured yet');
  expect(html).not.toContain('0 B');
  expect(html).not.toContain('<meter');
});

test('what is in the bin can be put back while no server runs, and says until when', () => {
  const binned: VolumeRow = { ...home, id: 'v0', generation: 1, state: 'bin', binned: at, ends: new Date('2026-01-12T08:00:00Z') };
  const button = (html: string): string => /<button[^>]*>Put back<\/button>/.exec(html)?.[0] ?? '';
  const still = renderPage(volumesPage(shell, { ...model, volumes: [home, binned] }));
  expect(still).toContain('removed for good <time dateTime="2026-01-12T08:00:00.000Z"'.replace('dateTime', 'datetime'));
  expect(button(still)).not.toContain('disabled');
  expect(button(renderPage(volumesPage(shell, { ...model, running: true, volumes: [home, binned] })))).toContain('disabled');
});

test('a soft quota warns, and says that nothing else happens', () => {
  const html = renderPage(volumesPage(shell, { ...model, over: true, softQuota: 1024 ** 3 }));
  expect(html).toContain('hold 3.0 GiB, more than the 1.0 GiB');
  expect(html).toContain('Nothing is stopped or removed because of that');
});
