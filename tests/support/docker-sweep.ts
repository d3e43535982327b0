import Docker from 'dockerode';
import { LABEL } from '../../spawner/labels';

const engine = new Docker({ host: undefined, socketPath: '/var/run/docker.sock' } as Docker.DockerOptions);

/**
 * Removes every container, network, volume and image that tests made: of one run, or without `run` of all runs whose process is gone, so that
 * two suites on one machine leave each other alone. Run ids start with the process id.
 */
export async function sweepDocker(run?: string): Promise<void> {
  const gone = (labels: Record<string, string> | null | undefined): boolean => {
    const found = labels?.[LABEL.run];
    return found !== undefined && (run === undefined ? !alive(Number(found.split('-')[0])) : found === run);
  };
  const label = [LABEL.run];
  const containers = (await engine.listContainers({ all: true, filters: { label } })).filter((c) => gone(c.Labels));
  await Promise.all(containers.map((c) => quietly(engine.getContainer(c.Id).remove({ force: true, v: true }))));
  const networks = (await engine.listNetworks({ filters: { label } })).filter((n) => gone(n.Labels));
  await Promise.all(networks.map((n) => quietly(engine.getNetwork(n.Id).remove())));
  const volumes = ((await engine.listVolumes({ filters: { label } })).Volumes ?? []).filter((v) => gone(v.Labels));
  await Promise.all(volumes.map((v) => quietly(engine.getVolume(v.Name).remove())));
  const images = (await engine.listImages({ filters: { label } })).filter((i) => gone(i.Labels));
  await Promise.all(images.map((i) => quietly(engine.getImage(i.Id).remove({ force: true }))));
}

/** What of that run is still there, by name; a test that leaves nothing finds nothing. */
export async function leftOf(run: string): Promise<readonly string[]> {
  const label = [`${LABEL.run}=${run}`];
  const [containers, networks] = await Promise.all([engine.listContainers({ all: true, filters: { label } }), engine.listNetworks({ filters: { label } })]);
  return [...containers.map((c) => c.Names[0] ?? c.Id), ...networks.map((n) => n.Name)];
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Gone already is as good as removed; everything else shows. */
async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (err) {
    const status = (err as { statusCode?: number }).statusCode;
    if (status !== 404 && status !== 409) throw err;
  }
}
