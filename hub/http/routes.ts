import type { ScopeName } from '../domain/scopes/tree';
import type { Exchange, Reply } from './exchange';
import type { OperationDoc } from './operation';

/**
 * Who may come in at all. Scopes: the caller has to hold one of them on something; on what exactly is checked by the service
 * that the handler calls. `identified`: any valid credential. `anyone`: also nobody.
 */
export type Needs = 'anyone' | 'identified' | readonly [ScopeName, ...ScopeName[]];

/**
 * One row of the hub's URL space, kept as data so that tests can walk it: every row that is not a GET is tried without an XSRF
 * token, and every row against every role.
 */
export interface HubRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express pattern below the base path. */
  readonly path: string;
  /**
   * `page`: HTML for navigations, cookies only. `api`: JSON, cookies or tokens. `plain`: neither (probes, static files).
   * `lab`: the place of a server that has no route; HTML or JSON, cookies or tokens.
   */
  readonly kind: 'page' | 'api' | 'plain' | 'lab';
  readonly needs: Needs;
  /** Gone, with "Feature not available.", while the launcher is switched off. */
  readonly feature?: 'launcher';
  /** Stays reachable for somebody who has to choose a new password first. */
  readonly beforePasswordChange?: true;
  /**
   * Dangerous: somebody with a cookie is asked for the password again when it was not given lately. A function looks at the request,
   * whose body is read but not checked yet.
   */
  readonly reauth?: true | ((x: Exchange) => boolean);
  /** What the description of the API says about it; every row of kind `api` has one (`operation` in operation.ts makes such rows). */
  readonly doc?: OperationDoc;
  readonly handle: (x: Exchange) => Reply | Promise<Reply>;
}
