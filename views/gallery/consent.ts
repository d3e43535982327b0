import type { ProfileChoice } from '../components/server';
import { acceptSharePage } from '../pages/accept-share';
import { apiDocsPage } from '../pages/api-docs';
import { authorizePage } from '../pages/authorize';
import { confirmPage } from '../pages/confirm';
import { logPage } from '../pages/log';
import type { Exhibit } from './exhibit';

const lines = ['[I 2026-03-02 13:58:01.112 ServerApp] jupyterlab | extension was successfully loaded.', '[I 2026-03-02 13:58:02.390 ServerApp] Serving notebooks from local directory: /home/lab/workspace', '[W 2026-03-02 13:59:40.871 ServerApp] 404 GET /user/alice/api/contents/missing.ipynb'];
const scopes = ['access:servers!server=alice/', 'read:users:name', 'read:users:groups'];

const recreate = (id: string, title: string, profiles: readonly ProfileChoice[]): Exhibit => ({
  id, title, viewer: 'user',
  page: (shell) => confirmPage(shell, { title: shell.t('recreate.title'), text: shell.t('recreate.explain', { server: 'alice', profile: 'Standard' }), submit: shell.t('recreate.submit'), action: shell.urls.recreate('alice'), back: shell.urls.home, backText: shell.t('action.cancel'), choice: { profiles, chosen: 'default', hint: shell.t('recreate.choice') } }),
});

/** Questions that change something when they are answered, and the plain pages beside them. */
export const consentExhibits: readonly Exhibit[] = [
  { id: 'sign-out', title: 'Signing out', viewer: 'user', page: (shell) => confirmPage(shell, { title: shell.t('logout.title'), text: shell.t('logout.explain'), submit: shell.t('logout.submit'), action: shell.urls.logout, back: shell.urls.home, backText: shell.t('logout.stay') }) },
  { id: 'stop', title: 'Stopping a server', viewer: 'user', page: (shell) => confirmPage(shell, { title: shell.t('stop.title'), text: shell.t('stop.explain'), submit: shell.t('stop.submit'), action: shell.urls.stop('alice'), back: shell.urls.home, backText: shell.t('action.cancel') }) },
  { id: 'restart', title: 'Restarting a server', viewer: 'user', page: (shell) => confirmPage(shell, { title: shell.t('restart.title'), text: shell.t('restart.explain', { server: 'alice', profile: 'Standard' }), submit: shell.t('restart.submit'), action: shell.urls.restart('alice'), back: shell.urls.home, backText: shell.t('action.cancel') }) },
  recreate('recreate', 'Recreating a server', [{ slug: 'default', title: 'Standard', outbound: 'none' }]),
  recreate('recreate-profile', 'Recreating a server, with a choice', [{ slug: 'default', title: 'Standard', outbound: 'none' }, { slug: 'large', title: 'Large memory', outbound: 'open' }]),
  { id: 'access', title: 'Entering somebody else\'s server', viewer: 'admin', page: (shell) => confirmPage(shell, { title: shell.t('access.title', { user: 'mei' }), text: shell.t('access.explain', { user: 'mei' }), submit: shell.t('access.submit'), action: shell.urls.access('mei'), back: shell.urls.home, backText: shell.t('action.cancel') }) },
  { id: 'authorize', title: 'An application asks who it is', viewer: 'user', page: (shell) => authorizePage(shell, { title: 'board', scopes, action: shell.urls.oauthAuthorize }) },
  { id: 'accept-share', title: 'An invitation', viewer: 'user', page: (shell) => acceptSharePage(shell, { owner: 'mei', server: '', scopes: ['access:servers!server=mei/'], code: 'x', next: undefined, sameHost: true }) },
  { id: 'log', title: 'The log of a server', viewer: 'user', page: (shell) => logPage(shell, { user: 'alice', server: '', own: true, lines, streamUrl: null }) },
  { id: 'log-empty', title: 'The log of a server, empty', viewer: 'user', page: (shell) => logPage(shell, { user: 'alice', server: '', own: true, lines: [], streamUrl: null }) },
  {
    id: 'api-docs', title: 'The API', viewer: 'user', page: (shell) => apiDocsPage(shell, {
      chapter: 'Users',
      description: 'The API of the hub.',
      chapters: [{
        tag: 'Users',
        operations: [{
          id: 'getUser', method: 'GET', path: '/users/{name}', summary: 'Show a user', description: 'With what the token may see.', access: ['read:users', 'admin:users'],
          parameters: [{ name: 'name', where: 'path', required: true, type: [{ text: 'string' }], description: 'The name.' }], body: undefined,
          answers: [{ status: '200', description: 'The user.', type: [{ text: 'User', model: 'User' }] }, { status: '404', description: 'There is none.', type: [] }],
        }],
      }],
      models: [{ name: 'User', description: 'A user.', type: [], fields: [{ name: 'name', required: true, type: [{ text: 'string' }], description: 'Unique.' }, { name: 'admin', required: false, type: [{ text: 'boolean' }], description: undefined }] }],
    }),
  },
];
