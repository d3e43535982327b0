import { Fragment } from 'preact';
import type { IdleVerdict } from '../../hub/domain/idleness';
import { sayings, type IdleSaying } from '../../hub/domain/idleness-words';
import type { Translate } from '../i18n';
import { Time } from './time';

/** The sentence about a server's end, with its times as times, so that everybody reads their own. */
export function IdleSentence({ verdict, t }: { readonly verdict: IdleVerdict; readonly t: Translate }) {
  return <>{sayings(verdict, t).map((saying) => <Fragment key={saying.key}><Saying saying={saying} t={t} />. </Fragment>)}</>;
}

/**
 * The translation is split where a time belongs; values go into what is left, so that nothing in a path or a reason is taken for one. Holes
 * without a time are texts of other people.
 */
function Saying({ saying: { key, values, times }, t }: { readonly saying: IdleSaying; readonly t: Translate }) {
  const parts = t(key).split(/\{(\w+)\}/);
  return (
    <>
      {parts.map((part, i) => {
        if (i % 2 === 0) return part;
        const at = part === 'at' || part === 'since' ? times[part] : undefined;
        return at === undefined ? <bdi key={part}>{String(values[part] ?? '')}</bdi> : <Time key={part} at={at} none="" />;
      })}
    </>
  );
}
