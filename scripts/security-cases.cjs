'use strict';
/** Writes docs/security-cases.md from what a whole test run really passed. Called by the runner; it never runs tests itself. */
const { inRoot } = require('./bootstrap/paths.cjs');
const { cell, listed: listNames, readCovered, readJson, testsOf, writePage } = require('./test-pages.cjs');

const FILES = { page: 'docs/security-cases.md', catalogue: 'tests/cases/catalogue.json', reasons: 'tests/cases/reasons.json' };
const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const STATUSES = ['pass', 'n/a', 'open'];

/** `B05: …`, `J03 J07: …`, `F03 and F04: …`, `I08 and 3.8: …`; `absent D13: …` shows that what the case is about does not exist. */
const IDS = /^(absent )?([A-S]\d{2}\b(?:(?:,? and |,? )[A-S]\d{2}\b)*)(?: and [\d.]+)?:? */;

/** @param {string} name of a test or of a group of tests @returns {{ ids: string[], absent: boolean, text: string } | null} */
function readName(name) {
  // An operation of the API may stand before the id.
  const rest = readCovered(name)?.text ?? name;
  const found = IDS.exec(rest);
  if (found === null) return null;
  return { ids: found[2].match(/[A-S]\d{2}/g), absent: found[1] !== undefined, text: rest.slice(found[0].length) || rest };
}

/**
 * Every claim that a test makes: an id, where, and whether it held. A group's name speaks for all tests in it.
 * @param {readonly { ring: string, result: object }[]} runs what Jest wrote per ring
 */
function claimsOf(runs) {
  const claims = [];
  for (const { ring, status, names } of testsOf(runs)) {
    const seen = new Set();
    for (const name of names) {
      const read = readName(name);
      for (const id of read?.ids ?? []) {
        if (seen.has(id)) continue;
        seen.add(id);
        claims.push({ id, ring, status, absent: read.absent, text: read.text });
      }
    }
  }
  return claims;
}

const counts = (allowed, ring) => allowed === 'any' || allowed.includes(ring);

const listed = (claims) => listNames(claims.map(({ ring, text }) => [ring, text]));

/** @returns {{ status: string, detail: string, problem?: string }} */
function judgeCase(entry, reason, claims) {
  const failed = claims.filter(({ status }) => status !== 'passed');
  if (failed.length > 0) return { status: 'open', detail: `failed: ${listed(failed)}` };
  const passed = claims.filter(({ absent, ring }) => !absent && counts(entry.where, ring));
  if (passed.length > 0) {
    const problem = reason === undefined ? {} : { problem: `${entry.id} passes: remove its reason from ${FILES.reasons}.` };
    return { status: 'pass', detail: listed(passed), ...problem };
  }
  if (reason !== undefined) {
    const shown = claims.filter(({ absent }) => absent);
    return { status: reason.status, detail: shown.length === 0 ? reason.reason : `${reason.reason} Shown by ${listed(shown)}` };
  }
  if (claims.some(({ absent }) => absent)) return { status: 'open', detail: 'no test', problem: `${entry.id} has a test of its absence and no reason in ${FILES.reasons}.` };
  if (claims.length === 0) return { status: 'open', detail: 'no test' };
  return { status: 'open', detail: `no test in ${entry.where.join(', ')}; elsewhere ${listed(claims)}` };
}

/**
 * @param {{ catalogue: readonly object[], reasons: Record<string, { status: string, reason: string }>, runs: readonly { ring: string, result: object }[] }} given
 * @returns {{ rows: readonly object[], problems: readonly string[] }} `problems` are mistakes in names and reasons, never an open case
 */
function judge({ catalogue, reasons, runs }) {
  const claims = claimsOf(runs);
  const known = new Set(catalogue.map(({ id }) => id));
  const groups = new Set(catalogue.map(({ id }) => id[0]));
  const problems = [];
  for (const id of new Set(claims.map((claim) => claim.id))) if (groups.has(id[0]) && !known.has(id)) problems.push(`A test names ${id}, and there is no such case.`);
  for (const [id, { status, reason }] of Object.entries(reasons)) {
    if (!known.has(id)) problems.push(`${FILES.reasons} names ${id}, and there is no such case.`);
    if (!['n/a', 'open'].includes(status) || !reason) problems.push(`${FILES.reasons}: ${id} needs the status n/a or open, and a reason.`);
  }
  const rows = catalogue.map((entry) => {
    const { problem, ...verdict } = judgeCase(entry, reasons[entry.id], claims.filter(({ id }) => id === entry.id));
    if (problem !== undefined) problems.push(problem);
    return { id: entry.id, severity: entry.severity, title: entry.title, ...verdict };
  });
  return { rows: rows.sort((a, b) => (a.id < b.id ? -1 : 1)), problems: problems.sort() };
}

const tally = (rows, status, severity) => rows.filter((row) => row.status === status && (severity === undefined || row.severity === severity)).length;

/** @returns {string} the page; the same rows give the same bytes */
function pageOf(rows) {
  const sums = [...SEVERITIES, undefined].map((severity) => `| ${severity ?? 'all'} | ${STATUSES.map((status) => tally(rows, status, severity)).join(' | ')} |`);
  return [
    '# Security cases',
    '',
    'Written by `npm test` from the tests that passed in that run; do not edit. A case passes when a test that carries its id passed in a ring that may show it (containers: a real',
    'engine; same origin: a browser; the wire: sockets) and none failed. `n/a`: what the case is about does not exist in this version. `open`: not shown yet.',
    '',
    `| severity | ${STATUSES.join(' | ')} |`,
    '|---|---|---|---|',
    ...sums,
    '',
    '| case | severity | title | status | tests, or the reason |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.id} | ${row.severity} | ${cell(row.title)} | \`${row.status}\` | ${cell(row.detail)} |`),
    '',
  ].join('\n');
}

/**
 * After a whole run: rewrites the page. A stale reason counts as a failure, and in CI so does a page that was not committed as it is.
 * @param {readonly { ring: string, result: object | null }[]} runs all rings
 * @param {{ ci: boolean, page?: string, catalogue?: object[], reasons?: object }} options
 * @returns {{ failed: number, note: string }}
 */
function updatePage(runs, options) {
  const make = () => {
    const { rows, problems } = judge({ catalogue: options.catalogue ?? readJson(FILES.catalogue), reasons: options.reasons ?? readJson(FILES.reasons), runs });
    return { content: pageOf(rows), failed: problems.length, said: [STATUSES.map((status) => `${tally(rows, status)} ${status}`).join(', '), ...problems] };
  };
  return writePage(runs, { name: FILES.page, file: options.page ?? inRoot(FILES.page), ci: options.ci, make });
}

module.exports = { judge, pageOf, readName, updatePage };
