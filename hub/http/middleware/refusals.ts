import { isSafeMethod } from '../../domain/cross-site';
import type { AppDeps } from '../deps';
import { pathToKeep, type Exchange } from '../exchange';

/** Somebody who is signed in tried to change what they may not: that is worth knowing, whatever it was. Called with the answer at hand. */
export function noteRefusal({ services }: AppDeps, x: Exchange): void {
  const { actor } = x.caller;
  if (actor === undefined || isSafeMethod(x.method) || x.res.getHeader('X-Hub-Code') !== 'forbidden') return;
  services.audit.note(actor, 'request.denied', `${x.method} ${pathToKeep(x)}`, { result: 'denied', detail: { handler: x.pattern ?? 'unmatched' } });
}
