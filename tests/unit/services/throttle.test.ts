import { createThrottle, networkOf } from '../../../hub/services/throttle';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { createFakeClock, type FakeClock } from '../../support/fake-clock';
import { failure } from './accounts-world';

const MINUTE = 60_000;
let store: Store;
let clock: FakeClock;
const make = () => createThrottle({ store, clock });
const failTimes = (times: number, account = 'alice', address = '192.0.2.1', throttle = make()): void => {
  for (let i = 0; i < times; i += 1) throttle.attempt(account, address).fail();
};

beforeEach(() => {
  clock = createFakeClock();
  store = openStore(':memory:', { now: clock.now });
});
afterEach(() => store.close());

describe('the throttle', () => {
  it('A02: refuses the sixth try within five minutes and says when to come back', async () => {
    failTimes(4);
    clock.advance(MINUTE);
    failTimes(1);
    expect(await failure(() => make().attempt('alice', '192.0.2.1'))).toMatchObject({ code: 'rate-limited', status: 429, retryAfterSeconds: 240 });
    clock.advance(4 * MINUTE);
    expect(() => make().attempt('alice', '192.0.2.1').drop()).not.toThrow();
  });

  it('A02: does not prolong a block by tries during it', () => {
    failTimes(5);
    for (let i = 0; i < 50; i += 1) {
      clock.advance(5000);
      expect(() => make().attempt('alice', '192.0.2.1')).toThrow('Too many failed sign-ins');
    }
    clock.advance(50_000);
    expect(() => make().attempt('alice', '192.0.2.1')).not.toThrow();
  });

  it('A02: lets parallel guesses through no more often than successive ones', async () => {
    const throttle = make();
    const attempts = Array.from({ length: 5 }, () => throttle.attempt('alice', '192.0.2.1'));
    expect(await failure(() => throttle.attempt('alice', '192.0.2.1'))).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 1 });
    attempts[0]?.drop();
    attempts[0]?.drop();
    const again = throttle.attempt('alice', '192.0.2.1');
    expect(() => throttle.attempt('alice', '192.0.2.1')).toThrow();
    again.drop();
  });

  it('A04: blocks only the pair of account and network', () => {
    failTimes(5);
    expect(() => make().attempt('alice', '192.0.2.2')).not.toThrow();
    expect(() => make().attempt('bob', '192.0.2.1')).not.toThrow();
  });

  it('A03: stops one network after twenty failures over all accounts', () => {
    for (let i = 0; i < 20; i += 1) failTimes(1, `user-${i}`);
    expect(() => make().attempt('user-20', '192.0.2.1')).toThrow('Too many failed sign-ins');
    expect(() => make().attempt('user-20', '198.51.100.1')).not.toThrow();
  });

  it('A03: keeps the count of the network when somebody there succeeds', () => {
    const throttle = make();
    for (let i = 0; i < 20; i += 1) {
      failTimes(1, `user-${i}`, '192.0.2.1', throttle);
      if (i < 19) throttle.attempt('mallory', '192.0.2.1').succeed();
    }
    expect(() => throttle.attempt('mallory', '192.0.2.1')).toThrow();
  });

  it('forgets the failures of a pair after a success', () => {
    const throttle = make();
    failTimes(4);
    throttle.attempt('alice', '192.0.2.1').succeed();
    failTimes(4);
    expect(() => throttle.attempt('alice', '192.0.2.1')).not.toThrow();
  });

  it.each([['an hour back', -60 * MINUTE], ['thirty days ahead', 30 * 24 * 60 * MINUTE]])('B13: holds a block for five minutes, no less and no more, when the clock is set %s', (_what, jump) => {
    const throttle = make();
    failTimes(5, 'alice', '192.0.2.1', throttle);
    clock.jumpWall(jump);
    expect(() => throttle.attempt('alice', '192.0.2.1')).toThrow();
    clock.advance(5 * MINUTE - 1);
    expect(() => throttle.attempt('alice', '192.0.2.1')).toThrow();
    clock.advance(1);
    expect(() => throttle.attempt('alice', '192.0.2.1')).not.toThrow();
  });

  it('B13: locks nobody out for long when failures were written while the clock was far ahead, and the hub restarts', () => {
    clock.jumpWall(30 * 24 * 60 * MINUTE);
    failTimes(5);
    clock.jumpWall(-30 * 24 * 60 * MINUTE);
    expect(() => make().attempt('alice', '192.0.2.1')).not.toThrow();
  });

  it('A20: allows ten sign-ups an hour from one network', async () => {
    const throttle = make();
    for (let i = 0; i < 10; i += 1) throttle.signUp('192.0.2.1');
    expect(await failure(() => throttle.signUp('192.0.2.1'))).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 3600 });
    expect(() => throttle.signUp('198.51.100.1')).not.toThrow();
    clock.advance(60 * MINUTE);
    expect(() => throttle.signUp('192.0.2.1')).not.toThrow();
  });

  it('allows five wrong codes to one account in five minutes, wherever it comes from, and touches no sign-in', () => {
    const throttle = make();
    for (let i = 0; i < 5; i += 1) throttle.guess('bob').fail();
    expect(() => make().guess('bob')).toThrow('Too many wrong codes');
    expect(() => throttle.guess('carol')).not.toThrow();
    expect(() => throttle.attempt('bob', '192.0.2.1')).not.toThrow();
    clock.advance(5 * MINUTE);
    expect(() => throttle.guess('bob')).not.toThrow();
  });

  it('stores no name that somebody typed, which may be a password', () => {
    const keys: string[] = [];
    const spied = { ...store.throttle, hit: (key: string, now: Date, windowMs: number) => (keys.push(key), store.throttle.hit(key, now, windowMs)) };
    createThrottle({ store: { throttle: spied }, clock }).attempt('hunter2', '192.0.2.1').fail();
    expect(keys).toHaveLength(2);
    expect(keys.join()).not.toContain('hunter2');
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', 'unknown'],
    ['localhost', 'unknown'],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});
