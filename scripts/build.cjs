'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { contentHash, filesBelow } = require('./bootstrap/content.cjs');
const { inRoot, ROOT } = require('./bootstrap/paths.cjs');
const { SetupError, fail, step } = require('./bootstrap/report.cjs');
const { run } = require('./bootstrap/run.cjs');

const SOURCES = ['hub', 'proxy', 'spawner', 'auth', 'views'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.cjs'];
const DIST = inRoot('dist');
const STAMP = path.join(DIST, '.stamp');
const BUILD_INFO = inRoot('node_modules', '.cache', 'tsbuildinfo.build');

const compiled = (file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts');
/** What the program reads at run time beside its code: migrations, styles, browser scripts. */
const isAsset = (file) => !/\.tsx?$/.test(file) && path.basename(file) !== 'README.md';
const output = (file) => (compiled(file) ? file.replace(/\.tsx?$/, '.js') : file);

const sources = (root = ROOT) => filesBelow(root, SOURCES);
const sourceHash = (root = ROOT) => contentHash(root, [...sources(root), ...filesBelow(root, SETTINGS)]);
const builtHash = () => (fs.existsSync(STAMP) ? fs.readFileSync(STAMP, 'utf8') : null);

/** The incremental compiler writes only what changed, so a missing folder needs its memory cleared, and it never deletes. */
function prepare(files) {
  const wanted = new Set(files.flatMap((file) => [output(file), `${output(file)}.map`]));
  if (files.some((file) => compiled(file) && !fs.existsSync(path.join(DIST, output(file))))) fs.rmSync(BUILD_INFO, { force: true });
  for (const old of filesBelow(DIST, SOURCES)) if (!wanted.has(old)) fs.rmSync(path.join(DIST, old));
}

async function compile() {
  const files = sources();
  const hash = sourceHash();
  fs.rmSync(STAMP, { force: true });
  prepare(files);
  const tsc = await run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', inRoot('tsconfig.build.json'), '--pretty', 'false'], { cwd: ROOT });
  if (tsc.code !== 0) throw new SetupError(`The sources do not compile:\n${tsc.output.trimEnd()}`);
  for (const file of files.filter(isAsset)) {
    fs.mkdirSync(path.dirname(path.join(DIST, file)), { recursive: true });
    fs.copyFileSync(inRoot(file), path.join(DIST, file));
  }
  fs.writeFileSync(STAMP, hash);
}

/**
 * Brings dist/ up to date. Costs one hash over the sources when it is.
 * @param {{ allowed?: boolean, onlyMissing?: boolean }} [options] `onlyMissing`: an older build will do
 */
async function ensureBuilt({ allowed = true, onlyMissing = false } = {}) {
  const built = builtHash();
  if (built !== null && (onlyMissing || !allowed || built === sourceHash())) return;
  if (!allowed) throw new SetupError('There is no complete build in dist/, and --no-build forbids making one. Run `npm run build`, then start again.');
  await step('Compiling', compile);
}

module.exports = { ensureBuilt, sourceHash };

if (require.main === module) ensureBuilt().catch(fail);
