'use strict';
const { LABEL, docker, untilAnswers } = require('../kit/docker.cjs');
const { cpuSeconds } = require('../kit/measure.cjs');
const { freePort } = require('../kit/nginx.cjs');
const { UNTUNED } = require('../kit/untuned.cjs');

const IMAGES = { untuned: UNTUNED, shipped: 'berth/notebook:latest' };

module.exports = {
  name: 'image-start',
  title: 'From `docker start` to a lab that answers',
  about: 'A container that exists, on the host\'s network, is started, and asked every 20 ms until `/user/x/api/status` answers. CPU is that of its first process by then. The untuned image is made of the own layers of the notebook image up to its first setting: the same packages, as they come.',
  needs: ['engine', 'notebook', 'untuned'],
  rounds: 9,
  minutes: 15,
  figures: [{ key: 'ms', title: 'start to answer', unit: 'ms', digits: 0 }, { key: 'cpu', title: 'CPU until then', unit: 'ms', digits: 0 }],
  peers: [{ key: 'untuned', title: 'untuned image' }, { key: 'shipped', title: 'shipped image' }],

  async prepare(kit) {
    const start = async (image) => {
      const port = await freePort();
      const name = `berth-bench-${process.pid}-${port}`;
      const command = ['jupyter', 'lab', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.base_url=/user/x/', '--no-browser'];
      await docker(['create', '--name', name, '--network', 'host', '--label', `${LABEL}=${process.pid}`, '-e', 'JUPYTER_TOKEN=bench', image, ...command]);
      const remove = () => docker(['rm', '-f', '-v', name]).catch(() => undefined);
      kit.onDispose(remove);
      const from = performance.now();
      await docker(['start', name]);
      await untilAnswers(`http://127.0.0.1:${port}/user/x/api/status`, { authorization: 'token bench' });
      const ms = performance.now() - from;
      const cpu = cpuSeconds([Number(await docker(['inspect', '-f', '{{.State.Pid}}', name]))]) * 1000;
      await remove();
      return { ms, cpu };
    };
    for (const image of Object.values(IMAGES)) await start(image);
    return (peer) => start(IMAGES[peer]);
  },
};
