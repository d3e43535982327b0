import { momentText } from '../../hub/domain/moment';

/** A moment, in UTC for everybody; a script puts it into the reader's own time and language. */
export function Time({ at, none }: { readonly at: Date | null; readonly none: string }) {
  return at === null ? <span>{none}</span> : <time dateTime={at.toISOString()}>{momentText(at)}</time>;
}
