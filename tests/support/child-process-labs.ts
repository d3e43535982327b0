import { readFileSync } from 'node:fs';
import { systemClock } from '../../hub/domain/runtime';
import { createProcessSpawner } from '../../spawner/process/process-spawner';
import type { ProcessSettings } from '../../spawner/process/settings';
import type { SpawnRequest } from '../../spawner/spawner';
import { createMemoryLog } from './start-hub';

/** A hub of which only the spawner matters, to be killed: starts the labs that a file names, one after another, and tells each handle. */
const given = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as { readonly settings: ProcessSettings; readonly requests: readonly SpawnRequest[] };
const spawner = createProcessSpawner(given.settings, { clock: systemClock, log: createMemoryLog().log });

async function startAll(): Promise<void> {
  for (const request of given.requests) {
    const handle = await spawner.start(request, { signal: new AbortController().signal, onEvent: ({ kind }) => process.stdout.write(`${kind}\n`), onHandle: () => undefined });
    process.stdout.write(`runs ${handle.id}\n`);
  }
}

// A hub's listener keeps it running; nothing of the spawner does.
setInterval(() => undefined, 60_000);
void startAll();
