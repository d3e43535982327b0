import type { ServerName, UserName } from '../../../hub/domain/ids';
import { labVariables } from '../../../hub/services/lab-variables';

const ask = { hubUrl: 'http://hub:8081', base: '/', owner: 'ä b+c@x~y' as UserName, server: 'my srv' as ServerName, token: 't0ken' };

test('a lab is told where the hub is as JupyterHub tells it: names as they are, addresses escaped', () => {
  expect(labVariables(ask)).toEqual({
    JUPYTERHUB_USER: 'ä b+c@x~y',
    JUPYTERHUB_SERVER_NAME: 'my srv',
    JUPYTERHUB_BASE_URL: '/',
    JUPYTERHUB_SERVICE_PREFIX: '/user/%C3%A4%20b%2Bc@x~y/my%20srv/',
    JUPYTERHUB_API_TOKEN: 't0ken',
    JUPYTERHUB_API_URL: 'http://hub:8081/hub/api',
    JUPYTERHUB_ACTIVITY_URL: 'http://hub:8081/hub/api/users/%C3%A4%20b%2Bc@x~y/activity',
  });
});

test('the base path is in every address', () => {
  const env = labVariables({ ...ask, base: '/jupyter/', owner: 'alice' as UserName, server: '' as ServerName });
  expect(env).toMatchObject({ JUPYTERHUB_BASE_URL: '/jupyter/', JUPYTERHUB_SERVICE_PREFIX: '/jupyter/user/alice/', JUPYTERHUB_API_URL: 'http://hub:8081/jupyter/hub/api', JUPYTERHUB_ACTIVITY_URL: 'http://hub:8081/jupyter/hub/api/users/alice/activity' });
});

test('a lab that cannot reach the hub gets no credential for it', () => {
  expect(Object.keys(labVariables({ ...ask, hubUrl: null })).sort()).toEqual(['JUPYTERHUB_BASE_URL', 'JUPYTERHUB_SERVER_NAME', 'JUPYTERHUB_SERVICE_PREFIX', 'JUPYTERHUB_USER']);
});
