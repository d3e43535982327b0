import { FrameCounter } from '../../../proxy/frames';

const MASK = Buffer.from([1, 2, 3, 4]);

/** A frame as a browser sends it. */
function frame(opcode: number, length: number, { masked = true } = {}): Buffer {
  const bit = masked ? 0x80 : 0;
  const head = length < 126 ? Buffer.from([0x80 | opcode, bit | length]) : length < 65_536 ? Buffer.from([0x80 | opcode, bit | 126, length >> 8, length & 255]) : Buffer.concat([Buffer.from([0x80 | opcode, bit | 127, 0, 0, 0, 0]), Buffer.from([length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255])]);
  // A payload full of bytes that would be headers of data frames.
  return Buffer.concat([head, masked ? MASK : Buffer.alloc(0), Buffer.alloc(length, 0x82)]);
}
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10] as const;

test('data frames count; pings, pongs and close frames do not', () => {
  const counter = new FrameCounter();
  expect([TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE].map((opcode) => counter.push(frame(opcode, 20)))).toEqual([1, 1, 1, 0, 0, 0]);
});

test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])('a payload of %i bytes is passed over, however it is cut', (length) => {
  const stream = Buffer.concat([frame(TEXT, length), frame(PING, 4), frame(BINARY, length, { masked: false }), frame(PONG, 0), frame(TEXT, 3)]);
  for (const size of [1, 7, 4096, stream.length].filter((n) => n > 1 || length < 1000)) {
    const counter = new FrameCounter();
    let frames = 0;
    for (let at = 0; at < stream.length; at += size) frames += counter.push(stream.subarray(at, at + size));
    expect(frames).toBe(3);
  }
});

test('many frames in one piece are all counted', () => {
  expect(new FrameCounter().push(Buffer.concat(Array.from({ length: 1000 }, (_, i) => frame(i % 2 === 0 ? TEXT : PING, 5))))).toBe(500);
});
