import { Fragment } from 'preact';
import type { IdleVerdict } from '../../hub/domain/idleness';
import { sayings } from '../../hub/domain/idleness-words';
import type { Translate } from '../i18n';
import { Sentence } from './sentence';

/** The sentence about a server's end, with its times as times, so that everybody reads their own. */
export function IdleSentence({ verdict, t }: { readonly verdict: IdleVerdict; readonly t: Translate }) {
  return <>{sayings(verdict, t).map(({ key, values, times }) => <Fragment key={key}><Sentence t={t} text={key} values={values} times={times} />. </Fragment>)}</>;
}
