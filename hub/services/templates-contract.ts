import type { Actor } from '../domain/access';
import type { ServerName } from '../domain/ids';
import type { Template, TemplatePreview } from '../domain/template';
import type { User } from '../domain/user';

/** A copy of a template in somebody's workspace. */
export interface TemplateCopy {
  /** As Jupyter's API calls it: `alpha_research.ipynb`, `work/alpha_research-2.ipynb`. */
  readonly path: string;
}

/** Starter notebooks. Which there are is what lies in the folder of templates now; no request can name anything else (L11). */
export interface Templates {
  /** Those that the actor may see: offered to everybody or to a group of theirs, all of them for `admin:servers`. Sorted by slug, without those whose notebook is missing. */
  list(actor: Actor): readonly Template[];
  /** Those that this user's servers may be started with. */
  offeredTo(owner: User): readonly Template[];
  /** Throws `not-found`, also for one that the actor may not see. */
  preview(actor: Actor, slug: string): TemplatePreview;
  /**
   * Puts a copy into the workspace of a running server; what is there is never replaced, so a second copy gets a new name. Demands
   * `start:servers`, as a start with a template does. Throws `invalid-input` for an unknown template and a server that does not run,
   * `not-found` when the notebook is missing, `upstream-failed` when the server did not take it. Audited.
   */
  copy(actor: Actor, owner: User, name: ServerName, slug: string): Promise<TemplateCopy>;
}
