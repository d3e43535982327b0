import { fits, leftOf, moreRoom, type Need } from '../../../hub/domain/capacity';
import { waitingTime } from '../../../hub/domain/waiting-time';

const none = { servers: 0, memory: 0, cpus: 0 };
const small = { memory: 4, cpus: 0.1 };

test('a ceiling counts servers, memory and CPUs each by itself, and 0 is no ceiling', () => {
  expect(fits(none, [small, small], { memory: null, cpus: null })).toBe(true);
  expect(fits({ ...none, servers: 2 }, [small], small)).toBe(true);
  expect(fits({ ...none, servers: 2 }, [small, small], small)).toBe(false);
  expect(fits({ ...none, memory: 8 }, [small], small)).toBe(true);
  expect(fits({ ...none, memory: 8 }, [small], { memory: 5, cpus: 0.1 })).toBe(false);
  expect(fits({ ...none, cpus: 0.3 }, [small, small], small)).toBe(true);
  expect(fits({ ...none, cpus: 0.3 }, [small, small], { memory: 4, cpus: 0.2 })).toBe(false);
});

test('what has no limit of its own fits only alone', () => {
  const unlimited = { memory: null, cpus: 1 };
  expect(fits({ ...none, memory: 8 }, [], unlimited)).toBe(true);
  expect(fits({ ...none, memory: 8 }, [small], unlimited)).toBe(false);
  expect(fits({ ...none, memory: 8 }, [unlimited], small)).toBe(false);
});

test('room for more is what the scarcest thing leaves: free memory, or what the hub gives to all', () => {
  const left = (ceiling: typeof none, held: readonly Need[] = [small, small]) => ({ ...leftOf(ceiling, held), machine: { left: 40, total: 64 } });
  expect(moreRoom(small, left(none))).toEqual({ count: 10, bound: 'machine', left: 40, total: 64 });
  expect(moreRoom(small, left({ ...none, memory: 20 }))).toEqual({ count: 3, bound: 'memory', left: 12, total: 20 });
  expect(moreRoom(small, left({ ...none, cpus: 0.5 }))).toMatchObject({ count: 3, bound: 'cpus' });
  expect(moreRoom(small, left({ ...none, servers: 2 }))).toEqual({ count: 0, bound: 'servers', left: 0, total: 2 });
  expect(moreRoom(small, left({ ...none, memory: 20 }, [{ memory: null, cpus: 1 }]))).toMatchObject({ count: 0, bound: 'memory' });
  expect(moreRoom({ memory: 4, cpus: null }, left({ ...none, cpus: 8 }))).toMatchObject({ count: 0, bound: 'cpus' });
});

test('nobody can say how many more fit that may take everything, or while the machine was not looked at', () => {
  const ceiling = leftOf({ ...none, memory: 20 }, []);
  expect(moreRoom({ memory: null, cpus: 1 }, { ...ceiling, machine: { left: 40, total: 64 } })).toBeNull();
  expect(moreRoom(small, { ...ceiling, machine: null })).toBeNull();
});

describe('an estimate of the wait', () => {
  const spans = [10, 20, 30, 40, 50, 60, 70];

  test('without enough sessions that lasted as long, nobody can say', () => {
    expect(waitingTime(1, { ages: [0], ending: 0 }, [])).toBeNull();
    expect(waitingTime(1, { ages: [0], ending: 0 }, spans.slice(0, 4))).toBeNull();
    expect(waitingTime(1, { ages: [60], ending: 0 }, spans)).toBeNull();
  });

  test('is what is left of the running servers, by the sessions that lasted longer than they have', () => {
    expect(waitingTime(1, { ages: [0, 20], ending: 0 }, spans)).toBe(30);
    expect(waitingTime(2, { ages: [0, 20], ending: 0 }, spans)).toBe(40);
    expect(waitingTime(3, { ages: [0, 20], ending: 0 }, spans)).toBeNull();
    expect(waitingTime(1, { ages: [0], ending: 1 }, spans)).toBe(0);
    expect(waitingTime(1, { ages: [-5], ending: 0 }, spans)).toBe(40);
  });
});
