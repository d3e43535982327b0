'use strict';
/**
 * `node -r …/typescript.cjs file.ts`: a child process of a test runs the sources as the test does, whatever was built last. Whoever starts
 * the same program many times names a folder in `BERTH_COMPILED`, in which what was compiled is kept from one to the next.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const kept = process.env.BERTH_COMPILED;

function compile(filename) {
  const { transformFileSync } = require('@swc/core');
  const jsc = { parser: { syntax: 'typescript', tsx: filename.endsWith('.tsx') }, target: 'es2022', transform: { react: { runtime: 'automatic', importSource: 'preact' } } };
  return transformFileSync(filename, { jsc, module: { type: 'commonjs' }, sourceMaps: false, swcrc: false }).code;
}

function remembered(filename) {
  const file = path.join(kept, createHash('sha256').update(filename).update('\0').update(fs.readFileSync(filename)).digest('hex'));
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8');
  const code = compile(filename);
  // Under its name it is always whole: the program may be killed at any moment.
  fs.mkdirSync(kept, { recursive: true });
  fs.writeFileSync(`${file}.${process.pid}`, code);
  fs.renameSync(`${file}.${process.pid}`, file);
  return code;
}

require.extensions['.ts'] = require.extensions['.tsx'] = (module, filename) => module._compile(kept === undefined ? compile(filename) : remembered(filename), filename);
