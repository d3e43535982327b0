import { toHubError } from '../../hub/domain/errors';
import type { Logger } from '../../hub/domain/runtime';
import type { SpawnerCheck } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { unlessMissing } from './engine-error';
import type { Firewall } from './firewall';
import { probeIsolation } from './isolation-probe';
import type { LabNetworks } from './network';
import type { EngineInfo } from './reach';
import { whyUnreachable } from './reach';
import type { DockerSettings } from './settings';

type Row = SpawnerCheck['checks'][number];

interface Deps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly networks: LabNetworks;
  readonly firewall: Firewall;
  readonly log: Logger;
}

/** Engine, firewall, reach and isolation, in that order; each row is true without the ones after it. Never rejects. */
export async function runChecks(deps: Deps): Promise<SpawnerCheck> {
  const rows: Row[] = [];
  try {
    const info = (await deps.client.call({ what: 'describe its host', ms: DEADLINE.inspect, run: (d) => d.info() })) as EngineInfo;
    rows.push({ name: 'engine', ok: true, detail: `Docker Engine ${info.ServerVersion ?? 'of unknown version'} answers.` });
    rows.push(await firewallRow(deps));
    rows.push(...(await probeRows(deps, info)));
  } catch (err) {
    const failed = toHubError(err);
    deps.log.warn({ err }, 'checking Docker did not work');
    rows.push({ name: rows.length === 0 ? 'engine' : 'isolation', ok: false, detail: rows.length === 0 ? failed.message : `Isolation could not be tested: ${failed.message}` });
  }
  return { ok: rows.every((row) => row.ok), checks: rows };
}

async function firewallRow({ settings, client, firewall }: Deps): Promise<Row> {
  if (settings.firewall === 'off') return { name: 'firewall', ok: true, detail: 'Left to the administrator by a setting; the isolation check tells whether it works.' };
  if (!client.local) return { name: 'firewall', ok: false, detail: 'Docker runs on another machine, whose rules this hub cannot set.' };
  return { name: 'firewall', ...(await firewall.ensure()) };
}

async function probeRows({ client, settings, networks }: Deps, info: EngineInfo): Promise<readonly Row[]> {
  const image = settings.probeImage;
  if (image === null) return [{ name: 'isolation', ok: false, detail: 'Isolation is not proven: no image is set for the probe.' }];
  const present = await unlessMissing(client.call({ what: 'look for the image', ms: DEADLINE.inspect, run: (d) => d.getImage(image).inspect() }), null);
  if (present === null) return [{ name: 'isolation', ok: false, detail: `Isolation is not proven: the image ${image} is not on this machine. Build it with \`berth images build\`.` }];
  const { reach, leaks } = await probeIsolation({ client, settings, networks, image });
  if (!reach || leaks === null) {
    return [
      { name: 'reach', ok: false, detail: whyUnreachable(info, client.local) },
      { name: 'isolation', ok: false, detail: 'Isolation is not proven, because containers cannot be reached.' },
    ];
  }
  const isolated = leaks.length === 0;
  return [
    { name: 'reach', ok: true, detail: 'Containers can be reached by their own addresses.' },
    { name: 'isolation', ok: isolated, detail: isolated ? 'A lab reaches neither its neighbours nor this host nor the internet.' : `A lab reaches what it must not: ${leaks.join(', ')}.` },
  ];
}
