/**
 * The name of a test that exercises one operation of JupyterHub's REST API and one status of it. `docs/jupyterhub-coverage.md` is made from
 * these names, so that what it claims is what ran: operation as in the contract files, `METHOD /path/{parameter}`, then the status.
 */
export const covers = (operation: string, status: number, what: string): string => `${operation} ${status}: ${what}`;
