import { below, filePathOf, nameOfPath, namesOf, type FilePath } from '../../../hub/domain/file-path';

const HOSTILE = [
  '..', '../', '../x', 'a/../../b', 'a/../b', 'a/..', './a', '.', 'a/./b', '/', '/etc/passwd', '//a', 'a//b', 'a/', 'a\0', '\0', 'a/\0/b', '\ud800', 'a/\udfff', 'x'.repeat(256), 'ü'.repeat(128), `${'x'.repeat(200)}/`.repeat(30) + 'x', '../'.repeat(2000),
];
test.each(HOSTILE)('L01: %j is no path', (text) => expect(filePathOf(text)).toBeUndefined());

const NAMES = ['..%2fx', '%2e%2e', '..\\x', 'C:', 'C:\\x', 'a.', 'a ', ' a', '...', '\u2215', '\uff0f', '\uff0e\uff0e', 'a"b', "a'b", 'a\nb', '-rf', 'ü', '😀', 'x'.repeat(255)];
test.each(NAMES)('L01: %j is one name below its folder, and nothing is decoded or put right', (text) => {
  const path = filePathOf(`folder/${text}`);
  expect(path).toBe(`folder/${text}`);
  expect(namesOf(path as FilePath)).toEqual(['folder', text]);
});

test('L03: a path begins below its folder by names, so a sibling that begins with the same letters is another name', () => {
  expect(below('al' as FilePath, 'ice')).toBe('al/ice');
  for (const name of ['../alice', '..', 'ice/x', '/alice', '']) expect(below('al' as FilePath, name)).toBeUndefined();
});

test('the folder of the volume itself is the empty path', () => {
  expect([filePathOf(''), namesOf('' as FilePath), nameOfPath('' as FilePath), below('' as FilePath, 'a')]).toEqual(['', [], '', 'a']);
});
