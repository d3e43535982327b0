import { HubError, toHubError } from '../../hub/domain/errors';
import type { Clock, Logger } from '../../hub/domain/runtime';
import type { CheckRow, SpawnerCheck } from '../spawner';
import { apiNote, limitsNote } from './api-version';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { unlessMissing } from './engine-error';
import type { Firewall, FirewallState } from './firewall';
import type { ProbeRow } from './isolation-probe';
import { probeIsolation } from './isolation-probe';
import type { LabNetworks } from './network';
import type { Images } from './pull';
import type { EngineInfo } from './reach';
import { whyUnreachable } from './reach';
import type { DockerSettings } from './settings';
import { factsOf, weakParts } from './versions';

export interface CheckDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly networks: LabNetworks;
  readonly firewall: Firewall;
  readonly images: Images;
  readonly clock: Clock;
  readonly log: Logger;
}

type Verdict = Pick<CheckRow, 'name' | 'ok' | 'detail'> & Partial<Pick<CheckRow, 'level' | 'ms' | 'repaired'>>;

/** Longest that the probe's image may take to arrive: until then nothing is proven. */
const FETCH_MS = 600_000;

/** Engine, versions, firewall, reach and what the probe found, in that order; each row is true without the ones after it. Never rejects. */
export async function runChecks(deps: CheckDeps): Promise<SpawnerCheck> {
  const rows: CheckRow[] = [];
  const began = deps.clock.monotonicMs();
  const add = async (work: () => Promise<readonly Verdict[]>): Promise<void> => void rows.push(...(await timed(deps.clock, work)));
  try {
    const info = (await deps.client.call({ what: 'describe its host', ms: DEADLINE.inspect, run: (d) => d.info() })) as EngineInfo;
    await add(async () => [{ name: 'engine', ok: true, detail: `Docker Engine ${info.ServerVersion ?? 'of unknown version'} answers.`, ms: deps.clock.monotonicMs() - began }]);
    await add(async () => [await versionsRow(deps, info), ...(await supportRows(deps, info))]);
    await add(async () => [await firewallRow(deps)]);
    await add(() => probeRows(deps, info));
  } catch (err) {
    const failed = err instanceof HubError ? err : new HubError('internal', 'something unexpected happened, which is in the log.');
    deps.log.warn({ err }, 'checking Docker did not work');
    const first = rows.length === 0;
    rows.push({ name: first ? 'engine' : 'isolation', ok: false, level: 'required', detail: first ? failed.message : `Isolation could not be tested: ${failed.message}`, ms: deps.clock.monotonicMs() - began });
  }
  return { ok: rows.every((row) => row.ok || row.level === 'advice'), checks: rows };
}

/** The quick part: the engine answers, and the rules are there, put back where they were not. Never rejects. */
export async function runGuard(deps: CheckDeps): Promise<CheckRow> {
  const [row] = await timed(deps.clock, async () => {
    try {
      await deps.client.call({ what: 'answer', ms: DEADLINE.ping, run: (d) => d.ping() });
      return [await firewallRow(deps)];
    } catch (err) {
      return [{ name: 'engine', ok: false, detail: toHubError(err).message }];
    }
  });
  return row as CheckRow;
}

async function timed(clock: Clock, work: () => Promise<readonly Verdict[]>): Promise<readonly CheckRow[]> {
  const began = clock.monotonicMs();
  return (await work()).map((row) => ({ level: 'required', ...row, ms: Math.round(row.ms ?? clock.monotonicMs() - began) }));
}

async function firewallRow({ settings, client, firewall }: CheckDeps): Promise<Verdict> {
  const name = 'firewall';
  if (settings.hubContainer !== null) return { name, ok: true, detail: 'Not needed: the hub runs in a container, and the networks of labs have no address of the host.' };
  if (settings.firewall === 'off') return { name, ok: true, detail: 'Left to the administrator by a setting; the other checks tell whether it works.' };
  if (!client.local) return { name, ok: false, detail: 'Docker runs on another machine, whose rules this hub cannot set.' };
  const { ok, detail, repaired }: FirewallState = await firewall.ensure();
  return repaired ? { name, ok, detail: `${detail} They were missing or overruled, and were put in place.`, repaired } : { name, ok, detail };
}

/** A hole is named by version number, which is all that an engine tells; whether that stops anything is the administrator's choice. */
async function versionsRow({ client, settings }: CheckDeps, info: EngineInfo): Promise<Verdict> {
  const facts = factsOf(await client.call({ what: 'tell its version', ms: DEADLINE.inspect, run: (d) => d.version() }), info);
  const image = settings.probeImage === null ? null : await imageNote(client, settings.probeImage);
  const weak = [...weakParts(facts), ...(image === null ? [] : [image])];
  const level = settings.strictVersions ? 'required' : 'advice';
  if (weak.length === 0) return { name: 'versions', ok: true, level, detail: `Docker Engine ${facts.engine} and runc ${facts.runc} have no hole that this hub knows of.` };
  return { name: 'versions', ok: false, level, detail: `${weak.join(' ')} A distribution may have repaired that without a new number: look into its list of changes, or install a newer one.` };
}

/** Silent where the engine understands and does all that it is asked for. */
async function supportRows({ client }: CheckDeps, info: EngineInfo): Promise<readonly Verdict[]> {
  const notes = [apiNote(await client.call({ what: 'tell its version', ms: DEADLINE.inspect, run: (d) => d.version() })), limitsNote(info)].filter((note) => note !== null);
  return notes.length === 0 ? [] : [{ name: 'support', ok: false, level: 'advice', detail: notes.join(' ') }];
}

/** What the build of the image itself found weak; null: nothing, or the image does not say. */
async function imageNote(client: DockerClient, image: string): Promise<string | null> {
  const found = await unlessMissing(client.call({ what: 'look for the image', ms: DEADLINE.inspect, run: (d) => d.getImage(image).inspect() }), null);
  const weak = found?.Config?.Labels?.['berth.weak'];
  return weak === undefined || weak === '' ? null : `The image ${image} says of itself: ${weak.slice(0, 500)}.`;
}

async function probeRows(deps: CheckDeps, info: EngineInfo): Promise<readonly Verdict[]> {
  const { client, settings, images } = deps;
  const image = settings.probeImage;
  if (image === null) return [{ name: 'isolation', ok: false, detail: 'Isolation is not proven: no image is set for the probe.' }];
  await images.ensure(image, () => undefined, AbortSignal.timeout(FETCH_MS));
  const found = await probeIsolation({ ...deps, image });
  if (found === null) {
    return [
      { name: 'reach', ok: false, detail: whyUnreachable(info, client.local) },
      { name: 'isolation', ok: false, detail: 'Isolation is not proven, because containers cannot be reached.' },
    ];
  }
  const rows = ROWS.filter((row) => row.name !== 'hub' || settings.internalPort !== null);
  return [
    { name: 'reach', ok: true, detail: 'Containers can be reached by their own addresses.', ms: found.ms.reach },
    ...rows.map(({ name, fine, bad }) => ({ name, ok: found.wrong[name].length === 0, detail: found.wrong[name].length === 0 ? fine : `${bad} ${some(found.wrong[name])}.`, ms: found.ms[name] })),
  ];
}

const ROWS: readonly { readonly name: ProbeRow; readonly fine: string; readonly bad: string }[] = [
  { name: 'neighbours', fine: 'A lab reaches no other lab, and not the hub in another lab\'s place.', bad: 'A lab reaches' },
  { name: 'host', fine: 'A lab reaches no address of this host, over IPv4 or IPv6.', bad: 'A lab reaches' },
  { name: 'outside', fine: 'A lab reaches neither the internet nor a metadata service nor a name server.', bad: 'A lab reaches' },
  { name: 'privileges', fine: 'A lab is a plain user without capabilities, raw sockets or the engine\'s socket, behind a system call filter.', bad: 'A lab has' },
  { name: 'hub', fine: 'A lab reaches the hub at its internal port, and no other port of it.', bad: 'A lab does not reach' },
];

const MOST = 6;
const some = (found: readonly string[]): string => (found.length <= MOST ? found.join(', ') : `${found.slice(0, MOST).join(', ')} and ${found.length - MOST} more`);
