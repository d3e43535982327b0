import { apiNote, chooseApi, isRefusedApi, limitsNote } from '../../../../spawner/docker/api-version';

test.each([
  ['an engine of the age that the hub is made for', '1.41', '1.12', '1.41', null],
  ['one with the same and newer versions', '1.51', '1.24', '1.41', null],
  ['one that does without the older ones', '1.52', '1.44', '1.44', null],
  ['one that only knows what is newer than the hub', '1.70', '1.60', '1.60', 'newer version of the hub'],
  ['one that is older', '1.40', '1.12', '1.40', 'newer Docker Engine'],
  ['one that names no oldest', '1.45', undefined, '1.45', null],
  ['one whose numbers are no text order', '1.100', '1.9', '1.41', null],
  ['one that says nothing', undefined, undefined, null, 'does not say'],
])('O08: %s is spoken to in a version that it accepts, with a warning where there is none in common', (_what, ApiVersion, MinAPIVersion, chosen, note) => {
  const offer = { ...(ApiVersion === undefined ? {} : { ApiVersion }), ...(MinAPIVersion === undefined ? {} : { MinAPIVersion }) };
  expect(chooseApi(offer)).toBe(chosen);
  if (note === null) expect(apiNote(offer)).toBeNull();
  else expect(apiNote(offer)).toContain(note);
});

test('O08: limits that the engine cannot hold are named, and silence means that it holds them', () => {
  expect(limitsNote({ MemoryLimit: true, SwapLimit: false, CPUCfsQuota: true, PidsLimit: false })).toContain('cannot limit swap, the number of processes');
  expect(limitsNote({})).toBeNull();
});

test('only the refusal of a version is one', () => {
  expect(isRefusedApi(400, 'client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version')).toBe(true);
  expect(isRefusedApi(400, 'client version 1.44 is too new. Maximum supported API version is 1.41')).toBe(true);
  expect(isRefusedApi(400, 'invalid filter')).toBe(false);
  expect(isRefusedApi(500, 'client version 1.44 is too new')).toBe(false);
});
