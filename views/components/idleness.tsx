import { Fragment } from 'preact';
import type { IdleVerdict } from '../../hub/domain/idleness';
import { sayings } from '../../hub/domain/idleness-words';
import type { Translate } from '../i18n';
import { Sentence } from './sentence';

/** The sentence about a server's end, with its times as times, so that everybody reads their own. */
export function IdleSentence({ verdict, t }: { readonly verdict: IdleVerdict; readonly t: Translate }) {
  return <>{sayings(verdict, t).map(({ key, values, times }) => <Fragment key={key}><Sentence t={t} text={key} values={values} times={times} />. </Fragment>)}</>;
}

/** What set a limit, in words: the hub's setting, the profile, or a group. */
export const limitFrom = (from: string, t: Translate): string => (from.startsWith('group:') ? t('servers.fromGroup', { group: from.slice('group:'.length) }) : t(from === 'profile' ? 'servers.fromProfile' : 'servers.fromSetting'));
