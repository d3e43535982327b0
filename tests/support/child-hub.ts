import { serveParent, type ChildOptions, type ChildProgram } from './child';
import { makeToken, makeUser } from './factories';
import { signedInAs } from './login';
import { startHub } from './start-hub';

/** Alice may start servers, root is an administrator; both with a cookie and a token. */
async function startChildHub({ settings = {}, neverStarts = false }: ChildOptions): Promise<ChildProgram> {
  const hub = await startHub({ settings, ...(neverStarts ? { behaviour: { kind: 'never', at: 'start' } as const } : {}) });
  const [alice, root] = [makeUser(hub, 'alice'), makeUser(hub, 'root', { admin: true })];
  const about = {
    port: new URL(hub.origin).port,
    aliceCookie: signedInAs(hub, alice).cookieHeader(), aliceToken: makeToken(hub, alice),
    rootCookie: signedInAs(hub, root).cookieHeader(), rootToken: makeToken(hub, root),
  };
  return { about, counts: () => ({ logged: hub.lines.length }), close: hub.close };
}

void serveParent(startChildHub);
