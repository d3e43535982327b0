import fc from 'fast-check';
import { turnAfter, turnOf } from '../../../hub/domain/fair-order';
import type { UserId } from '../../../hub/domain/ids';

interface Waiting {
  readonly owner: UserId;
  readonly tag: number;
  readonly seq: number;
  readonly jumped: boolean;
}
type Event = { readonly kind: 'come'; readonly who: number } | { readonly kind: 'let in' };

const weights = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(100)), { minLength: 2, maxLength: 4 });
const events = fc.array(fc.oneof(fc.record({ kind: fc.constant('come' as const), who: fc.nat(3) }), fc.constant({ kind: 'let in' as const })), { maxLength: 300, size: 'max' });
const ownerOf = (i: number): UserId => `u${i}` as UserId;

/** Plays what happens to a line, and hands over the order in which starts were let in, with who waited at each. */
function play(of: readonly number[], story: readonly Event[], onLetIn: (in_: Waiting, line: readonly Waiting[]) => void): void {
  let line: readonly Waiting[] = [];
  let now = 0;
  let seq = 0;
  for (const event of story) {
    if (event.kind === 'come') {
      const i = event.who % of.length;
      line = [...line, { owner: ownerOf(i), tag: turnOf(line, now, { owner: ownerOf(i), weight: of[i] ?? 1 }), seq: seq++, jumped: false }];
      continue;
    }
    const next = line.toSorted((a, b) => a.tag - b.tag || a.seq - b.seq)[0];
    if (next === undefined) continue;
    line = line.filter((one) => one !== next);
    now = turnAfter(now, next);
    onLetIn(next, line);
  }
}

test('nobody starves: whatever comes, any other user is let in before a waiting start only as often as the weights say', () => {
  fc.assert(fc.property(weights, events, (of, story) => {
    const passed = new Map<number, Map<UserId, number>>();
    const first = (line: readonly Waiting[], owner: UserId): Waiting | undefined => line.filter((one) => one.owner === owner).sort((a, b) => a.seq - b.seq)[0];
    play(of, story, (in_, line) => {
      for (const owner of new Set(line.map((one) => one.owner))) {
        const waiting = first(line, owner);
        if (waiting === undefined || owner === in_.owner) continue;
        const counts = passed.get(waiting.seq) ?? new Map<UserId, number>();
        // Those who came before it may well go first.
        if (in_.seq > waiting.seq) counts.set(in_.owner, (counts.get(in_.owner) ?? 0) + 1);
        passed.set(waiting.seq, counts);
        const [theirs, mine] = [of[Number(in_.owner.slice(1))] ?? 1, of[Number(owner.slice(1))] ?? 1];
        // Once more, for the one whose turn had begun.
        expect(counts.get(in_.owner) ?? 0).toBeLessThanOrEqual(Math.ceil(theirs / mine) + 1);
      }
    });
  }), { numRuns: 300 });
});

test('with equal weights and one server each, it is the order in which they came', () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (story) => {
    const order: number[] = [];
    let who = 0;
    const of = Array.from({ length: story.length + 1 }, () => 1);
    play(of, story.map((comes): Event => (comes ? { kind: 'come', who: who++ } : { kind: 'let in' })), (in_) => void order.push(in_.seq));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }));
});

test('a user with many servers in line takes turns with the others, and who weighs three comes up three times as often', () => {
  const come = (who: number, times: number): Event[] => Array.from({ length: times }, () => ({ kind: 'come', who }));
  const orderOf = (of: readonly number[], story: readonly Event[]): string => {
    const order: UserId[] = [];
    play(of, story, (in_) => void order.push(in_.owner));
    return order.join(' ');
  };
  const out = (n: number): Event[] => Array.from({ length: n }, () => ({ kind: 'let in' }));
  expect(orderOf([1, 1], [...come(0, 4), ...come(1, 2), ...out(6)])).toBe('u0 u1 u0 u1 u0 u0');
  const order = orderOf([1, 3], [...come(0, 3), ...come(1, 6), ...out(9)]).split(' ');
  expect([order.slice(0, 4), order.slice(4, 8)].map((four) => four.filter((who) => who === 'u1').length)).toEqual([3, 3]);
});
