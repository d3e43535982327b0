import { NO_POLICY } from '../../hub/domain/policy';
import { deleteGroupPage, groupPage, type GroupModel } from '../pages/group';
import { groupsPage, type GroupsModel } from '../pages/groups';
import { groupsImportPage } from '../pages/groups-import';
import type { Exhibit } from './exhibit';

const on = Object.fromEntries(Object.keys(NO_POLICY).map((section) => [section, false])) as GroupModel['form']['on'];
const list: GroupsModel = {
  rows: [
    { name: 'docker-privileged', rank: 1, members: 1, roles: [], gives: ['docker'], builtIn: true },
    { name: 'quant-research', rank: 2, members: 24, roles: ['researcher'], gives: ['profiles', 'limits', 'mounts', 'environment'], builtIn: false },
    { name: 'interns-2026', rank: 3, members: 8, roles: [], gives: ['limits', 'idle'], builtIn: false },
    { name: 'visitors', rank: 4, members: 0, roles: [], gives: [], builtIn: false },
  ],
  total: 4, all: 4, offset: 0, limit: 50, search: '', mayChange: true, problem: undefined,
  outdated: [{ owner: 'alice', name: '', sections: ['limits'] }, { owner: 'bob', name: 'gpu', sections: ['mounts', 'environment'] }],
};
const group: GroupModel = {
  name: 'quant-research', rank: 2, groups: 4, roles: ['researcher'], builtIn: false, docker: false, declared: ['network'], ignored: [], preview: null, mayChange: true, problem: undefined,
  members: { names: ['alice', 'bob', 'carol'], total: 3, offset: 0, limit: 50 },
  profiles: [{ slug: 'default', title: 'JupyterLab' }, { slug: 'large', title: 'Large, 64 GB' }], mountable: ['/srv/projects'],
  form: {
    on: { ...on, profiles: true, limits: true, mounts: true, environment: true }, profiles: ['large'], cpus: '8', memory: '32G', servers: '3',
    folders: '/srv/projects/quant /mnt/quant rw\n/srv/projects/prices /data/prices', variables: 'DATA_REGION=eu\nDESK=quant', idleLimit: '12h', maxAge: '',
  },
};
const nobody: GroupModel = {
  ...group, name: 'docker-privileged', rank: 1, roles: [], builtIn: true, docker: true, declared: ['docker'], members: { ...group.members, names: [], total: 0 },
  form: { on, profiles: [], cpus: '', memory: '', servers: '', folders: '', variables: '', idleLimit: '', maxAge: '' },
};

export const groupExhibits: readonly Exhibit[] = [
  { id: 'groups', title: 'Groups', viewer: 'admin', page: (shell) => groupsPage(shell, list) },
  { id: 'groups-none', title: 'Groups, none yet', viewer: 'admin', page: (shell) => groupsPage(shell, { ...list, rows: [], total: 0, all: 0, outdated: [] }) },
  { id: 'groups-search', title: 'Groups, searched', viewer: 'admin', page: (shell) => groupsPage(shell, { ...list, rows: list.rows.slice(2, 3), total: 1, search: 'intern', outdated: [] }) },
  { id: 'group', title: 'A group with its policy', viewer: 'admin', page: (shell) => groupPage(shell, group) },
  { id: 'group-docker', title: 'The built-in group that gives Docker', viewer: 'admin', page: (shell) => groupPage(shell, { ...nobody, ignored: ['limits', 'mounts', 'network', 'docker'] }) },
  {
    id: 'group-preview', title: 'A group, what a change would do', viewer: 'admin', page: (shell) => groupPage(shell, {
      ...group, preview: {
        members: 24,
        changes: [
          { kind: 'gains', what: 'profile', name: 'large', users: 21, names: ['alice', 'bob', 'carol'] },
          { kind: 'loses', what: 'memory', name: '', before: 64 * 1024 ** 3, after: 32 * 1024 ** 3, users: 3, names: ['dave', 'erin', 'frank'] },
          { kind: 'changes', what: 'idleLimit', name: '', before: null, after: 43_200_000, users: 24, names: ['alice', 'bob', 'carol'] },
        ],
        others: [{ kind: 'loses', what: 'profile', name: 'large', users: 112, names: ['gina', 'hugo', 'ines'] }],
        restart: list.outdated,
      },
    }),
  },
  { id: 'group-problem', title: 'A group, a variable that the hub sets itself', viewer: 'admin', page: (shell) => groupPage(shell, { ...group, form: { ...group.form, variables: 'JUPYTERHUB_USER=root' }, problem: 'JUPYTERHUB_USER is set by the hub itself. Choose another name.' }) },
  { id: 'group-delete', title: 'Deleting a group', viewer: 'admin', page: (shell) => deleteGroupPage(shell, { name: 'interns-2026', members: ['nia', 'omar', 'pia'], total: 8 }) },
  { id: 'groups-import', title: 'Importing groups', viewer: 'admin', page: (shell) => groupsImportPage(shell, { text: '', rehearsal: null, problem: undefined }) },
  {
    id: 'groups-import-tried', title: 'Importing groups, tried', viewer: 'admin', page: (shell) => groupsImportPage(shell, {
      text: '{"version":1,"groups":[]}', problem: undefined,
      rehearsal: {
        groups: [{ name: 'quant-research', what: 'changed', policy: true, joined: ['dave'], left: [] }, { name: 'risk', what: 'created', policy: true, joined: ['erin', 'frank'], left: [] }, { name: 'visitors', what: 'same', policy: false, joined: [], left: [] }],
        restart: list.outdated.slice(0, 1),
      },
    }),
  },
];
