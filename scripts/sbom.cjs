'use strict';
/**
 * `npm run sbom`: what an installation without the development tools consists of, as CycloneDX on standard output. npm's own
 * `--omit dev` also leaves out what the tools need as well, so the whole list is asked for and the marked ones are taken out here.
 */
const { spawnSync } = require('node:child_process');
const { ROOT } = require('./bootstrap/paths.cjs');

const isDevelopment = ({ properties = [] }) => properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');

function sbom() {
  const npm = spawnSync('npm', ['--silent', 'sbom', '--sbom-format', 'cyclonedx'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (npm.status !== 0) throw new Error(`npm could not list the packages:\n${npm.stderr}`);
  const document = JSON.parse(npm.stdout);
  const components = document.components.filter((component) => !isDevelopment(component));
  const kept = new Set([document.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
  const dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  return { ...document, components, dependencies };
}

module.exports = { sbom };

if (require.main === module) process.stdout.write(`${JSON.stringify(sbom(), null, 2)}\n`);
