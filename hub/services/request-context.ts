import { AsyncLocalStorage } from 'node:async_hooks';

/** Where a request came from: what the audit log says besides who and what. */
export interface RequestContext {
  /** `local` for the hub's own socket. */
  readonly address: string;
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Everything that `work` does, also later, belongs to this request. Set once per request; services need not know of HTTP. */
export const inRequest = <T>(context: RequestContext, work: () => T): T => storage.run(context, work);

/** undefined: the hub does this by itself. */
export const currentRequest = (): RequestContext | undefined => storage.getStore();
