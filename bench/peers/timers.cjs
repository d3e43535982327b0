'use strict';
const { built } = require('./world.cjs');

/**
 * A clock whose regular work waits until it is asked for, and whose time can be moved on. What is asked for runs among whatever else the hub does, while a chain of
 * turns measures the longest time that nobody else had one.
 */
function createTimers() {
  const { systemClock } = built('hub/domain/runtime.js');
  const regular = new Set();
  let ahead = 0;
  const clock = {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + ahead),
    monotonicMs: () => systemClock.monotonicMs() + ahead,
    every(ms, fn) {
      const one = { ms, fn };
      regular.add(one);
      return () => void regular.delete(one);
    },
  };

  /** Runs the work that is due every so often; `settled` resolves when it is done. The longest that the loop was held up by it, in milliseconds. */
  async function passed(everyMs, settled) {
    const due = [...regular].filter(({ ms }) => ms === everyMs);
    if (due.length === 0) throw new Error(`nothing is done every ${everyMs} ms`);
    const turns = watchTurns();
    for (const { fn } of due) fn();
    await settled();
    return turns.end();
  }

  const move = (ms) => void (ahead += ms);

  return { clock, move, passed };
}

/** Each turn of the event loop notes how long after the last one it came. */
function watchTurns() {
  let last = performance.now();
  let longest = 0;
  let going = true;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    end() {
      going = false;
      // Work that never gave a turn away is seen here.
      return Math.max(longest, performance.now() - last);
    },
  };
}

module.exports = { createTimers };
