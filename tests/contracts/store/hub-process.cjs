/**
 * A second process that opens a store with the sources themselves, for what only the death of a process shows.
 * node hub-process.cjs <path> <migrations|-> <fail point to be killed at|->; prints one line of JSON, then waits to be killed.
 */
const { transformFileSync } = require('@swc/core');
require.extensions['.ts'] = (module, file) =>
  module._compile(transformFileSync(file, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, swcrc: false }).code, file);

const { openStore } = require('../../../hub/store/create-store.ts');
const [path, migrations, point] = process.argv.slice(2);
const failPoint = (reached) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
};
try {
  const store = openStore(path, { failPoint, ...(migrations === '-' ? {} : { migrations }) });
  store.meta.set('written-by', String(process.pid));
  process.stdout.write(`${JSON.stringify({ opened: true })}\n`);
  setInterval(() => store.meta.get('instance'), 60_000);
} catch (err) {
  process.stdout.write(`${JSON.stringify({ opened: false, code: err.code, message: err.message })}\n`);
}
