'use strict';
/** What the pages that are written from a whole test run have in common: the names of its tests, cells, and when a page is written anew. */
const fs = require('node:fs');
const path = require('node:path');
const { ROOT, inRoot } = require('./bootstrap/paths.cjs');

const SHOWN_NAMES = 3;
const NAME_LENGTH = 110;

/** `GET /users/{name} 404: …`, as `covers` of tests/http/coverage.ts writes it: an operation of JupyterHub's API and a status of it. */
const COVERED = /^([A-Z]+ \/\S*) (\d{3}): /;

/** @param {string} name @returns {{ operation: string, status: number, text: string } | null} */
function readCovered(name) {
  const found = COVERED.exec(name);
  return found === null ? null : { operation: found[1], status: Number(found[2]), text: name.slice(found[0].length) };
}

/**
 * Every test of every ring, with the groups that it is in.
 * @param {readonly { ring: string, result: object }[]} runs what Jest wrote per ring
 * @returns {readonly { ring: string, file: string, status: string, names: readonly string[] }[]} `names`: outermost group first
 */
function testsOf(runs) {
  return runs.flatMap(({ ring, result }) => result.testResults.flatMap(({ name, assertionResults }) => {
    const file = name === undefined ? '' : path.relative(ROOT, name).split(path.sep).join('/');
    return assertionResults.map(({ ancestorTitles, title, status }) => ({ ring, file, status, names: [...ancestorTitles, title] }));
  }));
}

/** Distinct names in a fixed order, the first of them; Jest reports files in the order in which they ended. @param {readonly (readonly [where: string, text: string])[]} claims */
function listed(claims) {
  const names = [...new Set(claims.map(([where, text]) => `${where}: ${shorten(text)}`))].sort();
  const more = names.length - SHOWN_NAMES;
  return [...names.slice(0, SHOWN_NAMES), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const shorten = (text) => (text.length <= NAME_LENGTH ? text : `${text.slice(0, NAME_LENGTH - 1).trimEnd()}…`);

/** A cell may hold neither a bar nor what would be read as markup. */
const cell = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/g, '·').replace(/[\\|<>*_`[\]]/g, (c) => (c === '|' ? '\\|' : `\\${c}`));

const readJson = (file) => JSON.parse(fs.readFileSync(inRoot(file), 'utf8'));

/**
 * Writes a page anew where it differs; in CI that is a failure, because the page was not committed as it is. Without the results of a ring nothing is
 * written.
 * @param {readonly { ring: string, result: object | null }[]} runs all rings
 * @param {{ name: string, file: string, ci: boolean, make: () => { content: string, failed: number, said: readonly string[] } }} page
 * @returns {{ failed: number, note: string }}
 */
function writePage(runs, { name, file, ci, make }) {
  const lost = runs.filter(({ result }) => result === null);
  if (lost.length > 0) return { failed: 0, note: `${name} stays as it is: no results of ${lost.map(({ ring }) => ring).join(', ')}` };
  const { content, failed, said } = make();
  const changed = !fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== content;
  if (changed) fs.writeFileSync(file, content);
  const news = ci ? `${name} is not what this run passed: run npm test and commit it.` : `${name} is written anew`;
  return { failed: failed + (changed && ci ? 1 : 0), note: [...said, ...(changed ? [news] : [])].join('; ') };
}

module.exports = { cell, listed, readCovered, readJson, testsOf, writePage };
