'use strict';
const { createKit } = require('./kit/kit.cjs');

/**
 * @typedef {object} Scenario one thing that is measured, of us and of others, on the same work
 * @property {string} name as on the command line
 * @property {string} title
 * @property {string} about what is done and how it is measured, in sentences for docs/benchmarks.md
 * @property {readonly ('nginx' | 'wrk' | 'engine' | 'jupyterhub' | 'notebook' | 'test' | 'untuned')[]} needs what the machine must have; bench/needs.cjs brings it
 * @property {number} rounds
 * @property {number} minutes the most that all of it may take
 * @property {readonly { key: string, title: string, unit: string, digits?: number }[]} figures
 * @property {readonly { key: string, title: string }[]} peers
 * @property {(kit: object) => Promise<(peer: string, round: number) => Promise<Record<string, number>>>} prepare starts everything; what it returns
 *   measures one peer once. A figure that a peer does not have is left out. Whatever was started through the kit ends by itself.
 */

/**
 * Peers take turns, every other round in the opposite order, so that whatever else the machine does, or how fast it is just then, hits all of them alike.
 * @param {Scenario} scenario
 */
async function measure(scenario, { quick, log, interrupted }) {
  const kit = createKit({ quick });
  const began = Date.now();
  const late = deadline(scenario);
  const samples = Object.fromEntries(scenario.peers.map(({ key }) => [key, {}]));
  try {
    await Promise.race([late.passed, interrupted, takeTurns(scenario, { kit, quick, log, samples })]);
  } finally {
    late.cancel();
    await kit.dispose();
  }
  return { at: new Date(began).toISOString(), seconds: Math.round((Date.now() - began) / 1000), samples };
}

async function takeTurns(scenario, { kit, quick, log, samples }) {
  const round = await scenario.prepare(kit);
  for (let i = 0; i < (quick ? Math.min(2, scenario.rounds) : scenario.rounds); i += 1) {
    for (const { key } of i % 2 === 0 ? scenario.peers : [...scenario.peers].reverse()) {
      const figures = await round(key, i);
      for (const [figure, value] of Object.entries(figures)) (samples[key][figure] ??= []).push(value);
      log(`${scenario.name} ${i + 1}: ${key} ${Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ')}`);
    }
  }
}

function deadline({ name, minutes }) {
  let timer;
  const passed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} was not finished after ${minutes} minutes`)), minutes * 60_000);
  });
  return { passed, cancel: () => clearTimeout(timer) };
}

module.exports = { measure };
