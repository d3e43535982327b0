'use strict';
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector/promises');

/** Writes what this process does in the next `ms` as a CPU profile to `file`, for whoever looks for the reason of a figure. */
async function profile({ ms, file }) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await new Promise((resolve) => { setTimeout(resolve, ms); });
  const { profile: found } = await session.post('Profiler.stop');
  session.disconnect();
  writeFileSync(file, JSON.stringify(found));
}

/**
 * The other end of `kit.program`: says what this program is, answers what it is asked, and ends when nobody is there any more.
 * @param {object} info
 * @param {Record<string, (given: any) => unknown>} answers
 */
function answer(info, answers = {}) {
  const known = { gc: () => globalThis.gc?.(), profile, ...answers };
  process.on('message', ({ id, ask, given }) => {
    Promise.resolve().then(() => known[ask](given)).then(
      (value) => process.send({ id, answer: value ?? null }),
      (error) => process.send({ id, error: error.stack ?? String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  // An orderly end, so that `node --cpu-prof` writes its profile.
  process.once('SIGTERM', () => process.exit(0));
  process.send({ info });
}

const options = () => JSON.parse(process.argv[2]);

module.exports = { answer, options };
