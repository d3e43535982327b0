import { plainLines, redact, secretsIn } from '../../../spawner/log-text';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

test('frames of both streams become lines in order, without control characters', () => {
  expect(plainLines(Buffer.concat([frame(1, 'one\ntw'), frame(2, 'o\r\n'), frame(1, '\u001b[31mred\u001b[0m \u0007\u202etxt\n')]))).toEqual(['one', 'two', 'red txt']);
});

test('a log without frames, an empty one and a cut one are read as far as they go', () => {
  expect(plainLines(Buffer.from('plain text\n'))).toEqual(['plain text']);
  expect(plainLines(Buffer.alloc(0))).toEqual([]);
  expect(plainLines(frame(1, 'complete').subarray(0, 12))).toEqual(['comp']);
});

test('endless lines are cut', () => {
  expect(plainLines(frame(1, 'x'.repeat(10_000)))[0]).toHaveLength(2_001);
});

test('J18: values of secrets and tokens in addresses are blanked, others stay', () => {
  const env = ['JUPYTER_TOKEN=0123456789abcdef', 'DB_PASSWORD=hunter2hunter2', 'USER_ID=alice', 'SHORT_TOKEN=a'];
  expect(redact(['t 0123456789abcdef p hunter2hunter2 alice', 'http://lab/?a=1&token=xyz&b=2'], secretsIn(env))).toEqual(['t [secret] p [secret] alice', 'http://lab/?a=1&token=[secret]&b=2']);
});
