import type { PolicyForm } from '../../../views/pages/group';
import type { Translate } from '../../../views/i18n';
import { durationMs, formatDuration } from '../../domain/duration';
import { HubError } from '../../domain/errors';
import { SECTIONS, type GroupPolicy, type PolicyMount, type Section } from '../../domain/policy';
import { shown } from '../../domain/shown';
import type { Form } from '../body';

const UNITS: readonly (readonly [string, number])[] = [['T', 1024 ** 4], ['G', 1024 ** 3], ['M', 1024 ** 2], ['K', 1024]];

const number = (value: number | null): string => (value === null ? '' : String(value));
const time = (ms: number | null): string => (ms === null ? '' : ms === 0 ? '0' : formatDuration(ms));
function size(bytes: number | null): string {
  const unit = UNITS.find(([, each]) => bytes !== null && bytes >= each && bytes % each === 0);
  return bytes === null || unit === undefined ? number(bytes) : `${bytes / unit[1]}${unit[0]}`;
}

const switches = (isOn: (section: Section) => boolean): PolicyForm['on'] => Object.fromEntries(SECTIONS.map((section) => [section, isOn(section)])) as PolicyForm['on'];

/** A policy as its form shows it. */
export const formOf = (policy: GroupPolicy): PolicyForm => ({
  on: switches((section) => policy[section].on),
  profiles: policy.profiles.allowed,
  cpus: number(policy.limits.cpus),
  memory: size(policy.limits.memory),
  servers: number(policy.limits.servers),
  folders: policy.mounts.folders.map(({ source, target, writable }) => `${source} ${target}${writable ? ' rw' : ''}`).join('\n'),
  variables: Object.entries(policy.environment.variables).map(([name, value]) => `${name}=${value}`).join('\n'),
  idleLimit: time(policy.idle.idleLimit),
  maxAge: time(policy.idle.maxAge),
});

/** What was sent, as it was typed. */
export function readPolicyForm(form: Form): PolicyForm {
  const text = (name: string): string => (form.one(name) ?? '').trim();
  return {
    on: switches((section) => form.one(`on.${section}`) === 'on'),
    profiles: form.entries().filter(([name, value]) => name.startsWith('profile.') && value === 'on').map(([name]) => name.slice('profile.'.length)),
    cpus: text('cpus'), memory: text('memory'), servers: text('servers'), folders: text('folders'), variables: text('variables'), idleLimit: text('idleLimit'), maxAge: text('maxAge'),
  };
}

/** Throws `invalid-input`, in the reader's language, for what is not understood. */
export function policyIn(form: PolicyForm, t: Translate): GroupPolicy {
  const { on } = form;
  return {
    profiles: { on: on.profiles, allowed: form.profiles },
    limits: { on: on.limits, cpus: numberIn(form.cpus, t('groups.cpus'), t), memory: sizeIn(form.memory, t), servers: numberIn(form.servers, t('groups.servers'), t) },
    mounts: { on: on.mounts, folders: linesOf(form.folders).map((line) => mountIn(line, t)) },
    environment: { on: on.environment, variables: Object.fromEntries(linesOf(form.variables).map((line) => variableIn(line, t))) },
    idle: { on: on.idle, idleLimit: timeIn(form.idleLimit, t('groups.idleLimit'), t), maxAge: timeIn(form.maxAge, t('groups.maxAge'), t) },
    network: { on: on.network },
    docker: { on: on.docker },
  };
}

const wrong = (message: string): HubError => new HubError('invalid-input', message);
const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');

function numberIn(text: string, field: string, t: Translate): number | null {
  if (text === '') return null;
  if (!/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) throw wrong(t('groups.badNumber', { field }));
  return Number(text);
}

function sizeIn(text: string, t: Translate): number | null {
  if (text === '') return null;
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?)\s*([kmgt]?)i?b?$/i.exec(text) ?? [];
  if (amount === undefined) throw wrong(t('groups.badMemory'));
  return Math.round(Number(amount) * (UNITS.find(([name]) => name === unit.toUpperCase())?.[1] ?? 1));
}

function timeIn(text: string, field: string, t: Translate): number | null {
  if (text === '') return null;
  const ms = durationMs(text);
  if (ms === undefined) throw wrong(t('groups.badTime', { field }));
  return ms;
}

function mountIn(line: string, t: Translate): PolicyMount {
  const [source, target, mode, ...rest] = line.split(/\s+/);
  if (source === undefined || target === undefined || rest.length > 0 || (mode !== undefined && mode !== 'rw' && mode !== 'ro')) throw wrong(t('groups.badMount', { line: shown(line) }));
  return { source, target, writable: mode === 'rw' };
}

function variableIn(line: string, t: Translate): readonly [string, string] {
  const at = line.indexOf('=');
  if (at < 1) throw wrong(t('groups.badVariable', { line: shown(line, 20) }));
  return [line.slice(0, at).trim(), line.slice(at + 1)];
}
