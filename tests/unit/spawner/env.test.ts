import type { UserName } from '../../../hub/domain/ids';
import { labEnvironment } from '../../../spawner/env';
import { LAYOUTS } from '../../../hub/domain/layouts';
import { labProfile, serverProfile } from '../../../spawner/profiles';

const userName = 'Ann.O@x' as UserName;

test('a lab finds the team\'s code, the data, its user\'s name unchanged and its secret', () => {
  const env = labEnvironment({ profile: labProfile({ image: 'i' }), userName, secret: 's3cret' });
  expect(env).toMatchObject({ PYTHONPATH: '/app', DATA_PATH: '/data', USER_ID: 'Ann.O@x', JUPYTER_TOKEN: 's3cret', HOME: '/home/jovyan', XDG_CACHE_HOME: '/home/jovyan/.cache' });
});

test('what a profile sets gives way to the hub\'s own variables', () => {
  const profile = labProfile({ image: 'i', layout: LAYOUTS.lab, env: { EXTRA: '1', JUPYTER_TOKEN: 'chosen', USER_ID: 'root', HOME: '/root' } });
  expect(labEnvironment({ profile, userName, secret: 's3cret', extra: { JUPYTERHUB_USER: 'x' } })).toMatchObject({ EXTRA: '1', JUPYTER_TOKEN: 's3cret', USER_ID: 'Ann.O@x', HOME: '/home/lab', JUPYTERHUB_USER: 'x' });
});

test('an image that signs in at the hub gets no second password', () => {
  const env = labEnvironment({ profile: serverProfile({ image: 'i', mode: 'singleuser' }), userName, secret: 's3cret', extra: { JUPYTERHUB_API_TOKEN: 'own' } });
  expect(env['JUPYTERHUB_API_TOKEN']).toBe('own');
  expect(Object.values(env)).not.toContain('s3cret');
});

test('no command line carries a secret, and each starts in its layout\'s workspace', () => {
  for (const profile of [labProfile({ image: 'i' }), serverProfile({ image: 'i', layout: LAYOUTS.lab })]) {
    expect(profile.argv.join(' ')).not.toMatch(/token|password/i);
    expect(profile.argv).toContain(`--ServerApp.root_dir=${profile.layout.workspace}`);
  }
});
