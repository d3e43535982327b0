const OPCODE = 0x0f;
const LAST_DATA_OPCODE = 2;

/**
 * Counts WebSocket frames that carry data in one direction of a connection (RFC 6455, 5.2), without keeping or understanding any of it. Pings,
 * pongs and close frames do not count: browsers and servers send them by themselves.
 */
export class FrameCounter {
  private readonly head = new Uint8Array(14);
  private have = 0;
  /** Bytes of the payload that are still to come. */
  private left = 0;

  /** How many data frames begin in this piece; a frame's header may come in several. */
  push(chunk: Uint8Array): number {
    let frames = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.left > 0) {
        const step = Math.min(this.left, chunk.length - at);
        this.left -= step;
        at += step;
      } else {
        this.head[this.have] = chunk[at] as number;
        this.have += 1;
        at += 1;
        if (this.complete()) frames += ((this.head[0] as number) & OPCODE) <= LAST_DATA_OPCODE ? 1 : 0;
      }
    }
    return frames;
  }

  /** True once the header is whole: what follows is payload. */
  private complete(): boolean {
    if (this.have < 2) return false;
    const second = this.head[1] as number;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (this.have < 2 + extended + (second & 0x80 ? 4 : 0)) return false;
    this.left = extended === 0 ? short : this.head.subarray(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, 0);
    this.have = 0;
    return true;
  }
}
