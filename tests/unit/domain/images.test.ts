import { asksImage, completed, modeOfCommand, type ImageTraits } from '../../../hub/domain/images';
import { LAYOUTS } from '../../../hub/domain/layouts';
import type { OfferedProfile } from '../../../hub/domain/profile';
import { labProfile } from '../../../spawner/profiles';

const offered = (change: Partial<OfferedProfile> = {}): OfferedProfile => ({ ...labProfile({ image: 'example/lab:1' }), mode: 'auto', layout: 'auto', argv: null, ...change });
const image: ImageTraits = { mode: 'singleuser', layout: LAYOUTS.lab };

test.each([
  ['the program itself', ['jupyterhub-singleuser']],
  ['with its path and arguments', ['/opt/conda/bin/jupyterhub-singleuser', '--ip=0.0.0.0']],
  ['as a module', ['python3', '-m', 'jupyterhub.singleuser']],
  ['by JupyterLab', ['jupyter-labhub']],
  ['by JupyterLab, as a subcommand', ['jupyter', 'labhub']],
  ['by a script of docker-stacks', ['tini', '-g', '--', 'start.sh', 'start-singleuser.py']],
  ['by an older one', ['start-singleuser.sh']],
  ['by the oldest', ['/usr/local/bin/start-singleuser']],
  ['in a shell', ['/bin/sh', '-c', 'exec jupyterhub-singleuser --debug']],
  ['in a shell, quoted', ['bash', '-lc', "'jupyterhub-singleuser'; true"]],
])('a command that signs visitors in is known: %s', (_, words) => {
  expect(modeOfCommand(words)).toBe('singleuser');
});

test.each([
  ['none', []],
  ['JupyterLab', ['jupyter', 'lab']],
  ['a script of docker-stacks that serves both', ['tini', '-g', '--', 'start.sh', 'start-notebook.py']],
  ['a name that only contains it', ['my-jupyterhub-singleuser-like', 'start-singleuser.pyc', 'not-start-singleuser.py']],
])('every other command lets in whom the hub lets in: %s', (_, words) => {
  expect(modeOfCommand(words)).toBe('injected');
});

test('a profile that says mode and layout asks its image nothing; neither does one that says its command', () => {
  expect(asksImage(offered())).toBe(true);
  expect(asksImage(offered({ layout: LAYOUTS.jovyan }))).toBe(true);
  expect(asksImage(offered({ mode: 'injected' }))).toBe(true);
  expect(asksImage(offered({ layout: LAYOUTS.jovyan, argv: [] }))).toBe(true);
  expect(asksImage(offered({ layout: LAYOUTS.jovyan, mode: 'singleuser' }))).toBe(false);
  expect(asksImage(offered({ layout: LAYOUTS.jovyan, argv: ['jupyter', 'lab'] }))).toBe(false);
});

describe('a profile as it is started', () => {
  test('takes from its image what it leaves open, and keeps the command of one that signs visitors in', () => {
    expect(completed(offered(), image)).toMatchObject({ mode: 'singleuser', layout: LAYOUTS.lab, argv: [], image: 'example/lab:1' });
  });

  test('runs JupyterLab where the hub lets visitors in, in the folder that the image is laid out for', () => {
    const { mode, argv } = completed(offered(), { ...image, mode: 'injected' });
    expect(mode).toBe('injected');
    expect(argv.slice(0, 2)).toEqual(['jupyter', 'lab']);
    expect(argv).toContain('--ServerApp.root_dir=/home/lab/workspace');
  });

  test('is not overruled by its image in anything that it says', () => {
    expect(completed(offered({ mode: 'injected', layout: LAYOUTS.jovyan }), image)).toMatchObject({ mode: 'injected', layout: LAYOUTS.jovyan, argv: expect.arrayContaining(['lab']) as unknown });
    expect(completed(offered({ mode: 'singleuser' }), { ...image, mode: 'injected' })).toMatchObject({ mode: 'singleuser', argv: ['jupyterhub-singleuser'] });
    expect(completed(offered({ mode: 'singleuser', argv: [] }), image)).toMatchObject({ argv: [] });
  });

  test('with a command of its own has the mode that this command needs', () => {
    expect(completed(offered({ argv: ['jupyter', 'server'] }), image)).toMatchObject({ mode: 'injected', argv: ['jupyter', 'server'] });
    expect(completed(offered({ argv: ['jupyterhub-singleuser', '--debug'] }), { ...image, mode: 'injected' })).toMatchObject({ mode: 'singleuser' });
  });
});
