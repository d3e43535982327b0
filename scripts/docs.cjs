'use strict';
/** `npm run docs`: writes the pages that are made from the code. A test fails where they differ from it. */
const fs = require('node:fs');
const { ensureDeps } = require('./bootstrap/deps.cjs');
const { inRoot } = require('./bootstrap/paths.cjs');
const { fail } = require('./bootstrap/report.cjs');

async function main() {
  await ensureDeps();
  await require('./build.cjs').ensureBuilt();
  const { composeFile, configurationPage, envExample } = require(inRoot('dist', 'hub', 'config', 'reference.js'));
  const pages = { 'docs/configuration.md': configurationPage(), '.env.example': envExample(), 'compose.yml': composeFile(fs.readFileSync(inRoot('compose.yml'), 'utf8')) };
  for (const [file, content] of Object.entries(pages)) {
    if (fs.existsSync(inRoot(file)) && fs.readFileSync(inRoot(file), 'utf8') === content) continue;
    fs.writeFileSync(inRoot(file), content);
    process.stdout.write(`${file} is written anew\n`);
  }
}

main().catch(fail);
