import type { Stage } from '../../hub/domain/server';
import type { Template } from '../../hub/domain/template';
import { launchPage, templatePage, type LaunchModel } from '../pages/launch';
import { failedPage, notRunningPage, pendingPage, stoppingPage, type PendingModel } from '../pages/spawn';
import { NOW, type Exhibit } from './exhibit';

const GIB = 1024 ** 3;
const which = { user: 'alice', server: '', own: true };
const template = (slug: string, title: string, description: string): Template => ({ slug, title, description, groups: [] });
const templates = [
  template('alpha_research', 'Alpha Research', 'Template for developing alpha signals'),
  template('backtest_review', 'Backtest Review', 'Template for reviewing backtest results'),
  template('factor_analysis', 'Factor Analysis', 'Template for analyzing factor exposures'),
  template('first_notebook', 'First notebook', 'Where things are: your workspace, the shared folder, the data, and a first plot.'),
];
const launch: LaunchModel = {
  ...which, running: false, mayStart: true, live: false, chosen: 'standard', size: {}, template: null, templates, options: [], next: undefined, problem: undefined,
  profiles: [
    { slug: 'standard', title: 'Standard', description: 'The Python science basics in JupyterLab.', outbound: 'none', limits: { cpus: 2, memoryBytes: 8 * GIB } },
    { slug: 'large', title: 'Large', description: 'For what does not fit into the other one.', outbound: 'none', limits: { cpus: 8, memoryBytes: 64 * GIB } },
    { slug: 'open', title: 'With internet', description: 'Packages from outside.', outbound: 'open', limits: { cpus: 2, memoryBytes: 8 * GIB } },
  ],
};
const [first] = launch.profiles;

const secondsAgo = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);
const begun: readonly Stage[] = [{ kind: 'queued', at: secondsAgo(50), position: 1, waitMs: 20_000 }, { kind: 'preparing', at: secondsAgo(31) }];
const pulling: Stage = { kind: 'pulling', at: secondsAgo(30), image: 'berth/notebook:latest', receivedBytes: 1.2 * GIB, totalBytes: 1.9 * GIB, layers: { done: 4, total: 7 } };
const running: readonly Stage[] = [...begun, { ...pulling, receivedBytes: 1.9 * GIB, layers: { done: 7, total: 7 } }, { kind: 'created', at: secondsAgo(4) }, { kind: 'started', at: secondsAgo(3) }];
const lines = ['[I 14:00:01 ServerApp] Extension package jupyterlab took 0.21s to import', '[I 14:00:01 ServerApp] jupyterlab | extension was successfully linked.', '[I 14:00:02 ServerApp] Serving notebooks from local directory: /home/jovyan/work', '[I 14:00:02 ServerApp] Jupyter Server 2.15.0 is running'];
const pending = (stages: readonly Stage[], percent: number, log: readonly string[]): PendingModel => ({ ...which, stages, percent, progressUrl: '/none', log: { lines: log, url: '/none' }, next: undefined });

const failed = { ...which, mayStart: true, profiles: launch.profiles, profile: 'standard', next: undefined };
const crashed = { at: secondsAgo(2), cause: 'crashed' as const, exitCode: 1, memory: { peak: 0.3 * GIB, limit: 8 * GIB }, logTail: [] };

export const launchExhibits: readonly Exhibit[] = [
  { id: 'launch', title: 'Launch', viewer: 'user', page: (shell) => launchPage(shell, launch) },
  { id: 'launch-simple', title: 'Launch, one profile and no templates', viewer: 'user', page: (shell) => launchPage(shell, { ...launch, profiles: first === undefined ? [] : [first], templates: [] }) },
  { id: 'launch-refused', title: 'Launch, refused', viewer: 'user', page: (shell) => launchPage(shell, { ...launch, chosen: 'open', template: 'factor_analysis', problem: 'No server can be started now. Ask an administrator to look at the health page.' }) },
  { id: 'launch-options', title: 'Launch, from an address with choices', viewer: 'user', page: (shell) => launchPage(shell, { ...launch, options: [['image', 'evil:latest']] }) },
  { id: 'launch-running', title: 'Launch, the server runs', viewer: 'user', page: (shell) => launchPage(shell, { ...launch, running: true }) },
  { id: 'launch-other', title: 'Launch for somebody else', viewer: 'admin', page: (shell) => launchPage(shell, { ...launch, user: 'bob', own: false }) },
  {
    id: 'template', title: 'A template', viewer: 'user',
    page: (shell) => templatePage(shell, { user: 'alice', running: false, template: { ...template('alpha_research', 'Alpha Research', 'Template for developing alpha signals'), language: 'python', more: 0, cells: [
      { kind: 'markdown', source: '# Alpha Research\n\nA starting point for research on an alpha signal. Data is read from `/data`.\n\n| factor | long |\n|---|---|\n| size | small companies |\n\n- one\n- two <b>bold</b>' },
      { kind: 'code', source: 'import pandas as pd\n\ncrsp = pd.read_csv(\'/data/wrds/crsp/daily/2024.csv\')\nprint(f\'Loaded {len(crsp):,} rows\')' },
      { kind: 'markdown', source: '## Define your alpha signal\n\nReplace this with *your own* idea.' },
    ] } }),
  },
  { id: 'start-queued', title: 'A start waits in line', viewer: 'user', page: (shell) => pendingPage(shell, pending([{ kind: 'queued', at: secondsAgo(50), position: 3, waitMs: 240_000 }], 0, [])) },
  { id: 'start-pulling', title: 'A start downloads its image', viewer: 'user', page: (shell) => pendingPage(shell, pending([...begun, pulling], 42, [])) },
  { id: 'start-started', title: 'A start, the container runs', viewer: 'user', page: (shell) => pendingPage(shell, pending(running, 80, lines)) },
  { id: 'start-template', title: 'A start without its template', viewer: 'user', page: (shell) => pendingPage(shell, pending([...running, { kind: 'answering', at: secondsAgo(1) }, { kind: 'template', at: secondsAgo(0), template: 'alpha_research', outcome: 'missing', path: null }], 98, lines)) },
  { id: 'start-stopping', title: 'A server stops', viewer: 'user', page: (shell) => stoppingPage(shell, which) },
  { id: 'start-failed', title: 'A start failed, with a log', viewer: 'user', page: (shell) => failedPage(shell, { ...failed, message: 'The server ended before it answered. It ended with code 1.', end: crashed, logTail: ['Traceback (most recent call last):', '  File "/usr/bin/jupyter-lab", line 5, in <module>', 'ModuleNotFoundError: No module named \'jupyterlab\''] }) },
  { id: 'start-failed-image', title: 'A start failed, its image is not there', viewer: 'user', page: (shell) => failedPage(shell, { ...failed, message: 'The image lab/notebook:9 is not on this machine and no registry could provide it. An administrator can build it with `berth images build`, or correct the profile.', end: null, logTail: [] }) },
  { id: 'start-not-running', title: 'A server that is stopped', viewer: 'user', page: (shell) => notRunningPage(shell, { ...failed, reason: 'It was idle for 4 hours.', end: null }) },
];
