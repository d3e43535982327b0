import { createHash } from 'node:crypto';
import type { SessionId } from '../domain/ids';

/** Cookie by which JupyterHub's servers and services tell one browser session from another. Never a credential. */
export const SESSION_TAG_COOKIE = 'jupyterhub-session-id';

/** What it holds, and what tokens are tagged with in the API: as long as JupyterHub's own, and no way back to the session's id. */
export const sessionTag = (session: SessionId): string => createHash('sha256').update(`session-tag:${session}`).digest('hex').slice(0, 32);
