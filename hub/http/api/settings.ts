import { z } from 'zod';
import type { SettingView } from '../../services/live-settings';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { named, Time } from './schemas';

const SettingModel = named('Setting', z.strictObject({
  setting: z.string().describe('As in the config file, e.g. `server.idleLimit`.'),
  variable: z.string().nullable().describe('Environment variable; null: config file only.'),
  value: z.unknown().describe('What counts now; secrets are hidden.'),
  configured: z.unknown().describe('What the configuration says.'),
  default: z.string(),
  source: z.string().describe('Where the configured value comes from: `default`, a file, or a variable.'),
  description: z.string(),
  live: z.boolean().describe('Can be changed while the hub runs.'),
  choices: z.array(z.string()).optional(),
  changed: z.strictObject({ by: z.string(), at: Time }).nullable().describe('Who changed it here; null: it is as configured.'),
}).describe('One setting of the hub.'));

const path = z.string().min(1).max(100);
const ChangeBody = z.strictObject({
  set: z.record(path, z.union([z.string().max(1000), z.number(), z.boolean(), z.null()])).optional().describe('New values by setting, written as in the config file.'),
  reset: z.array(path).max(100).optional().describe('Settings that shall be as they are configured.'),
});

/** Our own, not JupyterHub's: what counts, and what changes without a restart. */
export function settingRoutes(kit: Kit): readonly HubRoute[] {
  const { liveSettings } = kit.deps.services;
  const list = (x: Exchange): Reply => json(200, liveSettings.list(actorOf(x)).map(modelOf));
  const change = (x: Exchange, { body }: Given<typeof ChangeBody>): Reply => {
    liveSettings.list(actorOf(x));
    const { set = {}, reset = [] } = body();
    const asked = new Set([...Object.keys(set), ...reset]);
    return json(200, liveSettings.change(actorOf(x), { set, reset }).filter((view) => asked.has(view.path)).map(modelOf));
  };
  return [
    operation({
      method: 'get', path: '/hub/api/settings', needs: ['admin:users'], handle: list,
      doc: { id: 'listSettings', tag: 'Operation', summary: 'List every setting with its value and where that comes from', answers: { 200: { description: 'Every setting, in the order of the reference.', model: z.array(SettingModel) } } },
    }),
    operation({
      method: 'patch', path: '/hub/api/settings', needs: ['admin:users'], reauth: true, handle: change,
      doc: {
        id: 'changeSettings', tag: 'Operation', summary: 'Change settings while the hub runs', body: ChangeBody,
        description: 'All of them or none; they count at once and after a restart. 400 for a setting that only a start reads.',
        answers: { 200: { description: 'The settings that were named, as they are now.', model: z.array(SettingModel) } },
      },
    }),
  ];
}

const modelOf = (view: SettingView): object => ({
  setting: view.path, variable: view.variable, value: view.value, configured: view.configured, default: view.initial, source: view.source, description: view.meaning, live: view.live,
  ...(view.choices === undefined ? {} : { choices: view.choices }),
  changed: view.changed === null ? null : { by: view.changed.by, at: timestamp(view.changed.at) },
});
