import { LABEL, ROLE } from '../labels';
import { digest } from '../naming';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineStatus, unlessMissing } from './engine-error';
import { removeContainer } from './run-once';
import type { DockerSettings } from './settings';

/** New volumes are prepared by a container, which is also the note that this has not happened yet. */
export interface Preparations {
  /** Name of the container that prepares the volumes of `key`. */
  helperName(key: string): string;
  /** Two servers of one user may start together: the second waits for the first and then finds everything made. */
  oneAtATime<T>(helper: string, work: () => Promise<T>): Promise<T>;
  /** Whether that preparation ended well. It may have run already: it does the same again. */
  complete(id: string): Promise<boolean>;
  /** Finishes what an earlier life of the hub was preparing, so that no container of it is left. Returns what could not be finished: the next start of that user tries it again. */
  finishAll(): Promise<readonly { readonly container: string; readonly err: unknown }[]>;
}

const WORK_MS = 300_000;

export const nameIn = (names: readonly string[] = []): string => (names[0] ?? '').replace(/^\//, '');

export function createPreparations(client: DockerClient, settings: DockerSettings): Preparations {
  const underWay = new Map<string, Promise<void>>();

  const helperName = (key: string): string => `${settings.networkPrefix}owner-${digest([settings.instance, key], 12)}`;

  async function oneAtATime<T>(helper: string, begin: () => Promise<T>): Promise<T> {
    for (let other = underWay.get(helper); other !== undefined; other = underWay.get(helper)) await other;
    const work = begin();
    const settled = work.then(() => undefined, () => undefined).finally(() => underWay.delete(helper));
    underWay.set(helper, settled);
    return work;
  }

  async function complete(id: string): Promise<boolean> {
    const what = 'finish an interrupted preparation';
    await client.call({ what, ms: DEADLINE.start, run: (d, abortSignal) => d.getContainer(id).start({ abortSignal }) }).catch((err: unknown) => {
      // 304: it runs at this very moment.
      if (engineStatus(err) !== 304) throw err;
    });
    const { StatusCode } = (await client.call({ what, ms: WORK_MS, run: (d, abortSignal) => d.getContainer(id).wait({ abortSignal }) })) as { StatusCode: number };
    return StatusCode === 0;
  }

  async function finishAll(): ReturnType<Preparations['finishAll']> {
    const label = [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.helper}`];
    const found = await client.call({ what: 'list interrupted preparations', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label }, abortSignal }) });
    const failed: { readonly container: string; readonly err: unknown }[] = [];
    for (const { Id, Names } of found) {
      const container = nameIn(Names);
      // One of this life of the hub is nobody's leftover.
      if (underWay.has(container)) continue;
      await oneAtATime(container, () => unlessMissing(finish(Id), undefined)).catch((err: unknown) => void failed.push({ container, err }));
    }
    return failed;
  }

  async function finish(id: string): Promise<void> {
    if (!(await complete(id))) throw new Error('it did not end well');
    await removeContainer(client, id);
  }

  return { helperName, oneAtATime, complete, finishAll };
}
