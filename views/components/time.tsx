import { momentText } from '../../hub/domain/moment';

/** A moment, in UTC for everybody; a script puts it into the reader's own time and language. */
/** `relative`: as how long ago, with the exact time beside it; only where no sentence goes around it. */
export function Time({ at, none, relative = false }: { readonly at: Date | null; readonly none: string; readonly relative?: boolean }) {
  return at === null ? <span>{none}</span> : <time dateTime={at.toISOString()} data-relative={relative ? '' : undefined}>{momentText(at)}</time>;
}
