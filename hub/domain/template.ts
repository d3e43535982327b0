import type { NotebookPreview } from './notebook';

/** A starter notebook that an administrator offers. */
export interface Template {
  /** Name of its folder, and of the copy that somebody gets. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** Whose members are offered it; empty: everybody. */
  readonly groups: readonly string[];
}

export interface TemplatePreview extends Template, NotebookPreview {}

export const SLUG = /^[a-z0-9][a-z0-9_-]{0,62}$/;

type Options = Readonly<Record<string, unknown>> | null;

/** What a start was asked to bring along; undefined: nothing. */
export function templateAsked(options: Options): string | undefined {
  const slug = options?.['template'];
  return typeof slug === 'string' ? slug : undefined;
}

/** The options of a start without its template: a template is brought once, for the start that asked for it. */
export function withoutTemplate(options: Options): Options {
  if (options === null || !('template' in options)) return options;
  const { template: _brought, ...rest } = options;
  return rest;
}
