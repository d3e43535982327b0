'use strict';

/** A failure whose message is a paragraph for the person at the terminal; no stack is shown. */
class SetupError extends Error {}

/** @param {number} ms @returns {string} such as `0.4 s`, `12 s`, `3 min 05 s` */
function duration(ms) {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

const HEARTBEAT_MS = 15_000;

/**
 * Runs one long step. Says what happens before it happens, reports each `detail` (in place on a terminal, a heartbeat
 * elsewhere, so that a log stays readable) and ends with the time taken.
 * @template T
 * @param {string} title
 * @param {(detail: (text: string) => void) => Promise<T>} work
 * @param {NodeJS.WriteStream} out
 * @returns {Promise<T>}
 */
async function step(title, work, out = process.stdout) {
  const started = Date.now();
  const inPlace = Boolean(out.isTTY);
  let latest = '';
  const line = () => `  ${title} … ${duration(Date.now() - started)}${latest ? ` · ${latest}` : ''}`;
  const draw = () => out.write(inPlace ? `\r\x1b[2K${line().slice(0, (out.columns || 100) - 1)}` : `${line()}\n`);
  out.write(inPlace ? `  ${title} …` : `  ${title} …\n`);
  const timer = setInterval(draw, inPlace ? 1000 : HEARTBEAT_MS);
  timer.unref();
  const finish = (mark) => out.write(`${inPlace ? '\r\x1b[2K' : ''}${mark} ${title} (${duration(Date.now() - started)})\n`);
  try {
    const result = await work((text) => { latest = text; if (inPlace) draw(); });
    finish('✓');
    return result;
  } catch (error) {
    finish('✗');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Ends a script: a SetupError as its paragraph, anything else with its stack.
 * @param {unknown} error
 */
function fail(error) {
  const text = error instanceof SetupError ? error.message : (error && error.stack) || String(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
}

module.exports = { SetupError, duration, step, fail };
