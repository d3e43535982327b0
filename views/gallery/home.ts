import { homePage, type HomeModel, type HomeServer } from '../pages/home';
import { minutesAgo, type Exhibit } from './exhibit';

const handle = { spawner: 'docker', id: 'jupyterlab-alice/1' };
const stopped: HomeServer = { name: '', state: { kind: 'stopped', since: null, reason: null }, profile: null, idle: null, news: null };
const model: HomeModel = {
  user: 'alice', servers: [stopped], profiles: [{ slug: 'default', title: 'Standard', outbound: 'none' }], mayStart: true,
  visits: [], shared: [], waiting: null, unwell: false, quota: null,
};
const running: HomeServer = {
  name: '', profile: 'default', state: { kind: 'ready', since: minutesAgo(190), handle, origin: 'http://10.213.0.2:8888' }, news: null,
  idle: { near: false, mayExtend: true, verdict: { verdict: 'keep', at: null, reason: { kind: 'cell', path: 'work/train.ipynb', kernel: 'python3', forMs: 11_000_000 }, latest: null, due: false } },
};

export const homeExhibits: readonly Exhibit[] = [
  { id: 'home-first', title: 'Home, before the first start', viewer: 'user', page: (shell) => homePage(shell, model) },
  { id: 'home-running', title: 'Home, a server runs', viewer: 'user', page: (shell) => homePage(shell, { ...model, servers: [running] }) },
  { id: 'home-admin', title: 'Home of an administrator', viewer: 'admin', page: (shell) => homePage(shell, { ...model, user: 'admin', servers: [running], waiting: 3 }) },
];
