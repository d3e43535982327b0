'use strict';
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { docker } = require('./docker.cjs');

const UNTUNED = 'berth/bench-untuned:local';
const NOTEBOOK = path.join(__dirname, '..', '..', 'images', 'notebook', 'Dockerfile');

/** The notebook image's packages and its user, in layers that it shares, and nothing of what follows them: settings, and whatever makes it start sooner. */
function dockerfile(notebook = readFileSync(NOTEBOOK, 'utf8')) {
  const [packages] = notebook.split(/^COPY /m);
  return `${packages}
ENV HOME=/home/jovyan LANG=C.UTF-8
USER 1000:100
WORKDIR /home/jovyan/work
CMD ["jupyter", "lab"]
`;
}

/** Takes minutes only where the notebook image was not built here. */
async function buildUntuned() {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'berth-bench-'));
  try {
    writeFileSync(path.join(dir, 'Dockerfile'), dockerfile());
    await docker(['build', '-q', '--build-arg', 'BASE=debian:trixie-slim', '-t', UNTUNED, dir], 1_500_000);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

module.exports = { UNTUNED, buildUntuned, dockerfile };
