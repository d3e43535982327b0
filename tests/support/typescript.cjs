'use strict';
/** `node -r …/typescript.cjs file.ts`: a child process of a test runs the sources as the test does, whatever was built last. */
const { transformFileSync } = require('@swc/core');

require.extensions['.ts'] = require.extensions['.tsx'] = (module, filename) => {
  const jsc = { parser: { syntax: 'typescript', tsx: filename.endsWith('.tsx') }, target: 'es2022', transform: { react: { runtime: 'automatic', importSource: 'preact' } } };
  module._compile(transformFileSync(filename, { jsc, module: { type: 'commonjs' }, sourceMaps: false, swcrc: false }).code, filename);
};
