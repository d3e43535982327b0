import { serveParent, type ChildOptions, type ChildProgram } from './child';
import { startProxy } from './start-proxy';

async function startChildProxy({ routes = {}, limits = {}, connectionsPerAddress = 100_000 }: ChildOptions): Promise<ChildProgram> {
  const hub = await startProxy({ limits, settings: { connectionsPerAddress } });
  for (const [user, origin] of Object.entries(routes)) hub.route(user, origin);
  return { about: { port: String(hub.port) }, counts: () => ({ ...hub.proxy.counts(), warnings: hub.warnings.length }), close: hub.close };
}

void serveParent(startChildProxy);
