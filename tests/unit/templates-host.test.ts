import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import { foldersFor } from '../../hub/templates-host';

const HOME_ABOVE = { ...LAYOUTS.jovyan, workingDir: '/home/jovyan' };

test.each([
  ['the hub\'s own command begins in the workspace', { argv: null, layout: 'auto' }, 'injected', ['']],
  ['an image that signs in by itself is looked at', { argv: null, layout: 'auto' }, 'singleuser', ['work', 'workspace']],
  ['a command of a profile is looked at where the image decides', { argv: [...jupyterArgv('lab', LAYOUTS.jovyan)], layout: 'auto' }, 'injected', ['work', 'workspace']],
  ['a layout says it', { argv: [], layout: HOME_ABOVE }, 'singleuser', ['work']],
  ['a layout whose workspace is the working directory', { argv: [], layout: LAYOUTS.lab }, 'singleuser', ['']],
  ['a workspace that lies elsewhere cannot be reached from there', { argv: [], layout: { ...LAYOUTS.jovyan, workingDir: '/srv' } }, 'singleuser', ['']],
] as const)('where the workspace lies: %s', (_what, profile, mode, folders) => {
  expect(foldersFor(profile, mode)).toEqual(folders);
});
