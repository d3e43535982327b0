import { notebookOf, previewOf } from '../../../hub/domain/notebook';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAE=';
const withOutputs = (...outputs: unknown[]) => ({ nbformat: 4, metadata: {}, cells: [{ cell_type: 'code', source: 'x', outputs }] });
const read = (...outputs: unknown[]) => notebookOf(withOutputs(...outputs))?.cells[0]?.outputs;
const data = (found: Record<string, unknown>) => ({ output_type: 'display_data', data: found });

test('words and pictures of outputs are shown, a picture before its words', () => {
  expect(read({ output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }, data({ 'image/png': PNG, 'text/plain': '<Figure>' }), { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['\u001b[31mE\u001b[0m: v'] })).toEqual([
    { kind: 'text', text: 'a\nb' }, { kind: 'image', type: 'image/png', data: PNG }, { kind: 'error', text: 'E: v' },
  ]);
});

test('L05 R03: markup, drawings, programs and pictures that are none are left out, or shown as the words that come with them', () => {
  expect(read(data({ 'text/html': '<script>alert(1)</script>', 'text/plain': '<table>' }))).toEqual([{ kind: 'text', text: '<table>' }]);
  for (const odd of [{ 'text/html': '<b>' }, { 'image/svg+xml': '<svg/>' }, { 'application/javascript': 'alert(1)' }, { 'image/png': 'PHN2Zz4=' }, { 'image/png': `${PNG}" onerror="x` }, { 'image/gif': 'R0lGOD' }]) expect(read(data(odd))).toEqual([{ kind: 'left-out' }]);
  expect(read(null, 'x', 3)).toEqual([{ kind: 'left-out' }, { kind: 'left-out' }, { kind: 'left-out' }]);
});

test('Q09: large outputs are cut, large pictures left out, and all of them together have an end', () => {
  const [long] = read({ output_type: 'stream', text: 'x'.repeat(50_000) }) ?? [];
  expect(long).toEqual({ kind: 'text', text: `${'x'.repeat(10_000)}…` });
  expect(read(data({ 'image/png': `iVBORw0KGgo${'A'.repeat(1_000_001)}` }))).toEqual([{ kind: 'left-out' }]);
  const many = notebookOf({ nbformat: 4, cells: Array.from({ length: 100 }, () => ({ cell_type: 'code', source: '', outputs: Array.from({ length: 30 }, () => ({ output_type: 'stream', text: 'x'.repeat(5_000) })) })) });
  expect(JSON.stringify(many).length).toBeLessThan(400_000);
});

test('a preview of a template looks at no outputs', () => {
  expect(previewOf(withOutputs({ output_type: 'stream', text: 'x' }))?.cells).toEqual([{ kind: 'code', source: 'x' }]);
});
