import { LAYOUTS } from '../../../../hub/domain/layouts';
import { traitsOf } from '../../../../spawner/docker/image-traits';

/** As `docker inspect` shows the images of docker-stacks. */
const STACKS = {
  User: '1000', WorkingDir: '/home/jovyan', Entrypoint: ['tini', '-g', '--', 'start.sh'], Cmd: ['start-notebook.py'],
  Env: ['PATH=/opt/conda/bin:/usr/bin', 'CONDA_DIR=/opt/conda', 'NB_USER=jovyan', 'NB_UID=1000', 'NB_GID=100', 'HOME=/home/jovyan', 'JUPYTER_PORT=8888'],
};
/** And those of the platform seed, which name no home. */
const PLATFORM = { User: 'lab', WorkingDir: '/home/lab/workspace', Entrypoint: ['/conda-entry.sh'], Cmd: ['/start-platform.sh'], Env: ['PATH=/usr/bin:/opt/conda/condabin', 'CONDA_USER_HOME=/home/lab', 'JUPYTERLAB_STARTUP_MODE=jupyterlab'] };

test('an image of docker-stacks is laid out as Jupyter\'s, runs as its own user, and is let in by the hub', () => {
  expect(traitsOf(STACKS)).toEqual({ mode: 'injected', layout: { ...LAYOUTS.jovyan, user: null } });
});

test('one of the platform seed has its home volume above the home, where its people have it', () => {
  expect(traitsOf(PLATFORM)).toEqual({ mode: 'injected', layout: { ...LAYOUTS.lab, user: null } });
});

test('the shipped image is laid out as it always was', () => {
  expect(traitsOf({ User: '1000:100', WorkingDir: '/home/jovyan/work', Env: ['HOME=/home/jovyan'], Cmd: ['jupyter', 'lab'] })).toEqual({ mode: 'injected', layout: LAYOUTS.jovyan });
});

test('an image that says nothing is taken for one of Jupyter\'s', () => {
  for (const image of [{}, { User: '', Env: null, Cmd: null, Entrypoint: null, WorkingDir: '', Labels: null }, { User: 'root', WorkingDir: '/' }]) expect(traitsOf(image)).toEqual({ mode: 'injected', layout: LAYOUTS.jovyan });
});

test.each([
  ['its command', { Cmd: ['jupyterhub-singleuser'] }],
  ['its command behind an entrypoint', { ...STACKS, Cmd: ['start-singleuser.py'] }],
  ['its entrypoint', { Entrypoint: ['/usr/bin/jupyterhub-singleuser'], Cmd: null }],
  ['an entrypoint in one string', { Entrypoint: '/bin/sh -c jupyterhub-singleuser' }],
  ['its label', { ...PLATFORM, Labels: { 'berth.mode': 'singleuser' } }],
])('an image signs visitors in by itself when %s says so', (_, image) => {
  expect(traitsOf(image).mode).toBe('singleuser');
});

test('a label wins over a command, and one that says something else says nothing', () => {
  expect(traitsOf({ Cmd: ['jupyterhub-singleuser'], Labels: { 'berth.mode': 'injected' } }).mode).toBe('injected');
  expect(traitsOf({ Labels: { 'berth.mode': 'none' } }).mode).toBe('injected');
});

test.each([
  ['HOME first', { Env: ['HOME=/home/ann'], WorkingDir: '/home/lab/workspace', User: 'bob' }, '/home/ann', '/home/ann/work'],
  ['then the working directory, which is the workspace', { WorkingDir: '/home/ann/notebooks/', User: 'bob' }, '/home/ann', '/home/ann/notebooks'],
  ['then the user', { WorkingDir: '/srv', User: 'bob:users' }, '/home/bob', '/home/bob/work'],
  ['a number is no name', { User: '1001:1001' }, '/home/jovyan', '/home/jovyan/work'],
  ['never a place of the system', { Env: ['HOME=/root'], WorkingDir: '/etc/home/x' }, '/home/jovyan', '/home/jovyan/work'],
  ['nor one that leads out', { Env: ['HOME=/home/../etc'], WorkingDir: '/home/jovyan/../../etc' }, '/home/jovyan', '/home/jovyan/work'],
  ['nor all homes', { Env: ['HOME=/home'], WorkingDir: '/home' }, '/home/jovyan', '/home/jovyan/work'],
])('the home is found: %s', (_, image, home, workspace) => {
  expect(traitsOf(image).layout).toMatchObject({ home, userHome: home, workspace, workingDir: workspace, cache: `${home}/.cache`, shared: '/mnt/shared' });
});

test.each([
  ['1000:100', '1000:100'], ['1000', null], ['lab', null], ['lab:jupyter', null], ['', '1000:100'], ['root', '1000:100'], ['0:0', '1000:100'], ['00', '1000:100'], ['root:root', '1000:100'],
])('whoever an image runs as, nobody works as root: %j', (User, user) => {
  expect(traitsOf({ User }).layout.user).toBe(user);
});

test('an image that starts as root runs as the user that it names for its people', () => {
  expect(traitsOf({ ...STACKS, User: 'root', Env: ['NB_UID=1234', 'NB_GID=5678'] }).layout.user).toBe('1234:5678');
  expect(traitsOf({ ...STACKS, User: 'root', Env: ['NB_UID=0', 'NB_GID=0'] }).layout.user).toBe('1000:100');
});
