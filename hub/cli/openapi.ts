import type { Command } from 'commander';
import { hubClient } from './hub-client';
import type { Io } from './io';

/** `berth openapi`: the running hub's own description of its API. */
export function addOpenApi(program: Command, io: Io): void {
  program.command('openapi').description('The API of the running hub, described as OpenAPI.').addHelpText('after', '\nExample:\n  berth openapi > openapi.json')
    .action(async () => io.out(JSON.stringify(await hubClient(io).request('GET', 'openapi.json'), null, 2)));
}
