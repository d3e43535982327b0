'use strict';
/** Writes docs/jupyterhub-coverage.md from what a whole test run really passed. Called by the runner; it never runs tests itself. */
const { inRoot } = require('./bootstrap/paths.cjs');
const { cell, listed, readCovered, readJson, testsOf, writePage } = require('./test-pages.cjs');

const FILES = { page: 'docs/jupyterhub-coverage.md', operations: 'tests/cases/jupyterhub-operations.json', answers: 'tests/cases/jupyterhub-answers.json' };

/** Every test whose name, or whose group's name, says what it covers: `GET /users 200: …`. */
function claimsOf(runs) {
  return testsOf(runs).flatMap(({ file, status: outcome, names }) => names.flatMap((name, at) => {
    const read = readCovered(name);
    if (read === null) return [];
    // Of a group that is named so, the tests in it say what was seen.
    const text = [read.text, ...names.slice(at + 1)].join(' ');
    return [{ key: `${read.operation} ${read.status}`, file, outcome, text }];
  }));
}

/** @returns {{ verdict: 'tested' | 'failed' | 'missing', detail: string }} */
function judgeRow(key, claims) {
  const own = claims.filter((claim) => claim.key === key);
  const shown = (some) => listed(some.map(({ file, text }) => [file, text]));
  const failed = own.filter(({ outcome }) => outcome !== 'passed');
  if (failed.length > 0) return { verdict: 'failed', detail: `failed: ${shown(failed)}` };
  return own.length > 0 ? { verdict: 'tested', detail: shown(own) } : { verdict: 'missing', detail: 'no test' };
}

/**
 * @param {{ operations: Record<string, Record<string, readonly string[]>>, answers: Record<string, { sent: number, reason: string }>, runs: readonly { ring: string, result: object }[] }} given
 *   `operations`: the contract files' statuses with the versions that have them; `answers`: where JupyterHub itself sends another status than its contract says
 * @returns {{ rows: readonly object[], beyond: readonly object[], problems: readonly string[] }} `beyond`: what tests cover and the contracts do not name
 */
function judge({ operations, answers, runs }) {
  const claims = claimsOf(runs);
  const documented = Object.entries(operations).flatMap(([operation, statuses]) => Object.entries(statuses).map(([status, versions]) => ({ operation, status: Number(status), versions })));
  const rows = documented.map((row) => {
    const answer = answers[`${row.operation} ${row.status}`];
    return { ...row, ...(answer === undefined ? {} : { answer }), ...judgeRow(`${row.operation} ${answer?.sent ?? row.status}`, claims) };
  });
  const known = new Set(documented.map(({ operation, status }) => `${operation} ${status}`));
  const more = [...new Set(claims.map(({ key }) => key))].filter((key) => !known.has(key)).sort();
  const beyond = more.map((key) => ({ operation: key.slice(0, -4), status: Number(key.slice(-3)), ...judgeRow(key, claims) }));
  const problems = [
    ...rows.filter(({ verdict }) => verdict === 'missing').map(({ operation, status }) => `${operation} ${status} has no test that passed.`),
    ...[...rows, ...beyond].filter(({ verdict }) => verdict === 'failed').map(({ operation, status }) => `A test of ${operation} ${status} did not pass.`),
    ...Object.keys(answers).filter((key) => !known.has(key)).map((key) => `${FILES.answers} names ${key}, and no contract has it.`),
    // A contract's status that is sent after all needs no other one.
    ...Object.keys(answers).filter((key) => claims.some((claim) => claim.key === key)).map((key) => `${key} has a test: remove it from ${FILES.answers}.`),
  ];
  return { rows, beyond, problems: [...new Set(problems)].sort() };
}

const order = (a, b) => (pathOf(a) < pathOf(b) ? -1 : pathOf(a) > pathOf(b) ? 1 : METHODS.indexOf(methodOf(a)) - METHODS.indexOf(methodOf(b)) || a.status - b.status);
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const methodOf = ({ operation }) => operation.slice(0, operation.indexOf(' '));
const pathOf = ({ operation }) => operation.slice(operation.indexOf(' ') + 1);
const tally = (rows, verdict) => rows.filter((row) => row.verdict === verdict).length;
const statusOf = ({ status, answer }) => (answer === undefined ? `${status}` : `${status}, sent as ${answer.sent}`);
const detailOf = ({ detail, answer }) => cell(answer === undefined ? detail : `${answer.reason} ${detail}`);

/** @returns {string} the page; the same rows give the same bytes */
function pageOf({ rows, beyond }) {
  return [
    '# Coverage of JupyterHub\'s REST API',
    '',
    'Written by `npm test` from the tests that passed in that run; do not edit. The first table has every operation and status of JupyterHub\'s two contract files (its OpenAPI',
    'documents of 5.2.1 and 6.0.0b2), with the tests that saw the running hub answer so. Where JupyterHub itself sends another status than its document says, the row names',
    'that status and the tests of it. The second table has what tests show beyond the documents: mostly what is answered to bad input and to those who may not.',
    '',
    `${rows.length} documented answers: ${tally(rows, 'tested')} tested, ${tally(rows, 'failed')} failed, ${tally(rows, 'missing')} missing.`,
    '',
    '| operation | status | versions | result | tests |',
    '|---|---|---|---|---|',
    ...rows.toSorted(order).map((row) => `| \`${row.operation}\` | ${statusOf(row)} | ${row.versions.join(', ')} | \`${row.verdict}\` | ${detailOf(row)} |`),
    '',
    '## Beyond the contract files',
    '',
    '| operation | status | result | tests |',
    '|---|---|---|---|',
    ...beyond.toSorted(order).map((row) => `| \`${row.operation}\` | ${row.status} | \`${row.verdict}\` | ${detailOf(row)} |`),
    '',
  ].join('\n');
}

/**
 * After a whole run: rewrites the page. A documented answer without a test that passed counts as a failure, and in CI so does a page that was not committed as it is.
 * @param {readonly { ring: string, result: object | null }[]} runs all rings
 * @param {{ ci: boolean, page?: string, operations?: object, answers?: object }} options
 * @returns {{ failed: number, note: string }}
 */
function updatePage(runs, options) {
  const make = () => {
    const verdicts = judge({ operations: options.operations ?? readJson(FILES.operations), answers: options.answers ?? readJson(FILES.answers), runs });
    const { rows, problems } = verdicts;
    return { content: pageOf(verdicts), failed: problems.length, said: [`${tally(rows, 'tested')} of ${rows.length} documented answers tested`, ...problems] };
  };
  return writePage(runs, { name: FILES.page, file: options.page ?? inRoot(FILES.page), ci: options.ci, make });
}

module.exports = { judge, pageOf, updatePage };
