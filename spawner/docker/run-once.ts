import type { ContainerCreateOptions } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineStatus, engineText } from './engine-error';
import { plainLines } from '../log-text';
import { startContainer } from './start-container';

const WORK_MS = 120_000;

/**
 * Runs a container to its end, removes it and returns what it wrote. A container of that name is replaced; it stays when the work did not
 * end well, so that the next attempt can see that. `HubError('spawn-failed')` on any exit code but 0.
 */
export async function runOnce(client: DockerClient, spec: ContainerCreateOptions, what: string): Promise<string> {
  const name = spec.name ?? '';
  await removeContainer(client, name);
  await startContainer(client, spec, `the container to ${what}`);
  const { StatusCode } = (await client.call({ what, ms: WORK_MS, run: (d, abortSignal) => d.getContainer(name).wait({ abortSignal }) })) as { StatusCode: number };
  const raw = await client.call({ what, ms: DEADLINE.logs, run: (d, abortSignal) => d.getContainer(name).logs({ stdout: true, stderr: true, tail: 200, abortSignal }) });
  const text = plainLines(raw).join('\n');
  if (StatusCode !== 0) throw new HubError('spawn-failed', `Docker could not ${what}. The administrator finds the reason in the log.`, { cause: new Error(`exit code ${StatusCode}: ${text.slice(-500)}`) });
  await removeContainer(client, name);
  return text;
}

/** Whatever it is doing. Absent, or being removed by somebody else, is fine; its volumes stay. */
export async function removeContainer(client: DockerClient, id: string): Promise<void> {
  try {
    await client.call({ what: 'remove a container', ms: DEADLINE.remove, run: (d, abortSignal) => d.getContainer(id).remove({ force: true, v: false, abortSignal }) });
  } catch (err) {
    const status = engineStatus(err);
    if (status !== 404 && !(status === 409 && /in progress/.test(engineText(err)))) throw err;
  }
}
