'use strict';
const fs = require('node:fs');
const apt = require('../scripts/bootstrap/apt.cjs');
const { SetupError, step } = require('../scripts/bootstrap/report.cjs');
const { which } = require('../scripts/bootstrap/run.cjs');
const { buildImage } = require('./kit/jupyterhub.cjs');

const PACKAGES = { nginx: 'nginx', wrk: 'wrk', taskset: 'util-linux', setpriv: 'util-linux' };
const POLICY = '/usr/sbin/policy-rc.d';

/** A package that brings a service starts it at once where nobody says otherwise; we start what we need ourselves. */
async function withoutServices(work) {
  const ours = !fs.existsSync(POLICY);
  if (ours) fs.writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) fs.rmSync(POLICY, { force: true });
  }
}

async function program(name) {
  if (which(name) !== null) return;
  if (!apt.canInstall()) throw new SetupError(`${name} is not here. Install it (Debian: apt-get install ${PACKAGES[name]}, as root).`);
  await step(`Installing what the benchmark calls: apt-get install ${PACKAGES[name]}`, (detail) => withoutServices(() => apt.install([PACKAGES[name]], detail)));
}

const MAKE = {
  nginx: () => program('nginx'),
  wrk: () => program('wrk'),
  taskset: () => program('taskset'),
  setpriv: () => program('setpriv'),
  engine: () => require('../scripts/bootstrap/engine.cjs').ensureEngine(),
  notebook: () => require('../scripts/bootstrap/images.cjs').ensure('notebook'),
  test: () => require('../scripts/bootstrap/images.cjs').ensure('test'),
  jupyterhub: () => step('Building the image of JupyterHub (about 1 minute)', buildImage),
  untuned: () => step('Building the untuned notebook image', () => require('./kit/untuned.cjs').buildUntuned()),
};

/** What the images are made from. */
const FIRST = ['taskset', 'setpriv', 'nginx', 'wrk', 'engine', 'notebook', 'test'];

/**
 * Installs, starts or builds what some scenarios need, once each.
 * @param {readonly { needs: readonly string[] }[]} scenarios
 * @returns {Promise<Map<string, string>>} what this machine cannot have, with the reason
 */
async function prepare(scenarios) {
  const wanted = new Set(['taskset', 'setpriv', ...scenarios.flatMap(({ needs }) => needs)]);
  const missing = new Map();
  for (const need of [...FIRST, ...[...wanted].filter((one) => !FIRST.includes(one))].filter((one) => wanted.has(one))) {
    await MAKE[need]().catch((error) => missing.set(need, error.message));
  }
  return missing;
}

module.exports = { prepare };
