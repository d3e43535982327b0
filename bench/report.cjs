'use strict';
const { spread } = require('./kit/measure.cjs');

/** What stands behind this line in docs/benchmarks.md is written by hand and stays. */
const BY_HAND = '<!-- What follows is kept as it is. -->';

const shown = (value, digits = 2) => value.toFixed(digits);

/** Three digits say enough, and a ratio near one needs two behind the point. */
const ratioText = (ratio, more = 0) => (ratio >= 100 ? ratio.toFixed(more) : ratio >= 10 ? ratio.toFixed(1 + more) : ratio.toFixed(2 + more));

/** A ratio and what was asked of it, with one digit more where they would look the same and are not. */
function beside(ratio, asked) {
  const more = ratio !== asked && ratioText(ratio) === ratioText(asked) ? 1 : 0;
  return [ratioText(ratio, more), ratioText(asked, more)];
}

/** undefined: there are none. */
function valuesOf(results, { scenario, peer, figure }) {
  const values = results[scenario]?.samples[peer]?.[figure] ?? [];
  return values.length === 0 ? undefined : values;
}

/**
 * Who is asked in one round meets the machine at one speed, so the ratio is taken in each, and of these the median: the clock of a shared machine changes by more from
 * minute to minute than what is compared here. Where one of them was not asked in every round, it is the ratio of the medians.
 */
const ratioOf = (ones, others) => (ones.length === others.length ? spread(ones.map((one, i) => one / others[i])).median : spread(ones).median / spread(others).median);

/**
 * @param {object} check of targets.cjs
 * @returns {{ word: 'met' | 'missed' | 'not measured', text: string }} `text`: the measured ratio or amount, beside what was asked for
 */
function judge(check, results) {
  const { scenario, figure, ours, than, most, least, limit, unit = '', moreIsBetter = false, says } = check;
  const ownValues = valuesOf(results, { scenario, peer: ours, figure });
  if (ownValues === undefined) return { word: 'not measured', text: `${says}: –` };
  if (limit !== undefined) {
    const own = spread(ownValues).median;
    return { word: own <= limit ? 'met' : 'missed', text: `${says}: ${shown(own, own < 10 ? 2 : 0)} ${unit} (at most ${limit} ${unit})` };
  }
  const theirs = valuesOf(results, { scenario, peer: than, figure });
  if (theirs === undefined) return { word: 'not measured', text: `${says}: –` };
  if (least !== undefined) {
    const better = moreIsBetter ? ratioOf(ownValues, theirs) : ratioOf(theirs, ownValues);
    const [found, asked] = beside(better, least);
    return { word: better >= least ? 'met' : 'missed', text: `${says}: ${found} times better (at least ${asked})` };
  }
  const ratio = ratioOf(ownValues, theirs);
  const [found, asked] = beside(ratio, most);
  return { word: ratio <= most ? 'met' : 'missed', text: `${says}: ${found} (at most ${asked})` };
}

/** A row is met when all of its checks are, and missed when one of them is. */
function verdict(row, results) {
  const checks = row.checks.map((check) => ({ check, ...judge(check, results) }));
  const word = ['missed', 'not measured'].find((bad) => checks.some((one) => one.word === bad)) ?? 'met';
  return { word: checks.length === 0 ? 'not measured' : word, checks };
}

function targets(rows, results) {
  const lines = rows.map((row) => {
    const { word, checks } = verdict(row, results);
    return `| ${row.title} | ${row.target} | ${checks.map(({ text, word: own }) => (own === 'missed' ? `**${text}**` : text)).join('<br>')} | ${word === 'missed' ? '**missed**' : word} |`;
  });
  return `| figure | target | measured, ours ÷ theirs | |\n|---|---|---|---|\n${lines.join('\n')}`;
}

/** One line for each missed check: nothing that is missed goes unnamed, even before anybody knows why. */
function missed(rows, results, remarks) {
  const lines = rows.flatMap((row) => verdict(row, results).checks.filter(({ word }) => word === 'missed').map(({ check, text }) => `- *${row.title}*: ${text}. ${remarks[check.id] ?? 'Not looked into yet.'}`));
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function table(scenario, { samples }) {
  const parts = scenario.figures.map(({ key, title, unit, digits }) => {
    const rows = scenario.peers.filter((peer) => samples[peer.key]?.[key] !== undefined).map((peer) => ({ peer, values: samples[peer.key][key], ...spread(samples[peer.key][key]) }));
    if (rows.length === 0) return '';
    const ratioTo = (values, first) => (first.includes(0) ? '–' : ratioText(ratioOf(values, first)));
    const lines = rows.map(({ peer, values, min, median, max }) => `| ${peer.title} | ${shown(min, digits)} | **${shown(median, digits)}** | ${shown(max, digits)} | ${ratioTo(values, rows[0].values)} |`);
    return `| ${title}${unit === '' ? '' : `, ${unit}`} | min | median | max | × the first |\n|---|---|---|---|---|\n${lines.join('\n')}`;
  });
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(scenario, results) {
  const result = results[scenario.name];
  const body = result === undefined ? 'Not measured yet.' : `${table(scenario, result)}\n\n\`npm run bench -- ${scenario.name}\`, ${scenario.rounds} rounds in turn, ${result.at.slice(0, 10)}.`;
  return `## ${scenario.title}\n\n${scenario.about}\n\n${body}`;
}

/** @param {{ rows: object[], scenarios: object[], results: Record<string, object>, remarks: Record<string, string>, before: string }} given `before`: the page as it is @returns {string} */
function page({ rows, scenarios, results, remarks, before }) {
  const newest = Object.values(results).sort((a, b) => b.at.localeCompare(a.at))[0];
  const machine = newest === undefined ? 'Not measured yet.' : `Machine: ${newest.machine.cpus}, ${newest.machine.memory}, ${newest.machine.kernel}. ${newest.machine.versions}.`;
  const kept = before.includes(BY_HAND) ? before.slice(before.indexOf(BY_HAND)) : `${BY_HAND}\n`;
  return `# Benchmarks

Written by \`npm run bench\`: the hub and its peers on the same work, side by side in one run. Nothing here is a test, and no figure fails a build. Where both are shown, CPU time is compared, which moves
less with the machine than what a clock says; on a machine that is shared it moves too, by half within minutes. So peers take turns, each pinned to one core, the load to the other; ratios are
taken within each round, and of these the median. How it is built: \`bench/README.md\`.

${machine}

## Targets

${targets(rows, results)}

### Missed

${missed(rows, results, remarks)}

${scenarios.map((scenario) => section(scenario, results)).join('\n\n')}

${kept}`;
}

module.exports = { BY_HAND, judge, page, verdict };
