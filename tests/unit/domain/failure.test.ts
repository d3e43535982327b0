import { likelyCause } from '../../../hub/domain/failure';

const end = (cause: 'crashed' | 'memory' | 'command' | 'ended') => ({ cause });

test.each([
  ['disk', 'The server ended before it answered.', ['OSError: [Errno 28] No space left on device'], end('crashed')],
  ['module', 'The server ended before it answered.', ['ModuleNotFoundError: No module named \'jupyterlab\''], end('crashed')],
  ['permission', 'The server ended before it answered.', ['PermissionError: [Errno 13] Permission denied: \'/home/jovyan/.local\''], end('crashed')],
  ['settings', 'The server ended before it answered.', ['[C ServerApp] Bad config encountered during initialization'], end('crashed')],
  ['memory', 'The server ended before it answered.', ['Permission denied'], end('memory')],
  ['command', 'The server ended before it answered.', [], end('command')],
  ['crashed', 'The server ended before it answered.', ['something else'], end('crashed')],
  ['image', 'The image lab:9 is not on this machine and no registry could provide it.', [], null],
  ['engine', 'Docker does not answer.', [], null],
  ['slow', 'The server did not start within 60 s.', ['[I ServerApp] starting'], null],
  ['unknown', 'It was not to be.', [], null],
  ['unknown', 'The server ended before it answered.', [], end('ended')],
] as const)('%s is the likely cause where the hub says "%s" and the log %j', (cause, message, logTail, how) => {
  expect(likelyCause({ message, logTail, end: how })).toBe(cause);
});
