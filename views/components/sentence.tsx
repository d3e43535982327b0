import type { MessageKey, Translate } from '../i18n';
import { Time } from './time';

interface SentenceProps<Key extends MessageKey> {
  readonly t: Translate;
  readonly text: Key;
  readonly values?: Readonly<Record<string, string | number>>;
  readonly times?: Readonly<Record<string, Date | undefined>>;
}

/**
 * A translated sentence with its times as times, so that everybody reads their own. The translation is split where something belongs, and
 * values go into what is left, so that nothing in a path or a reason is taken for a hole. Values are texts of other people.
 */
export function Sentence<Key extends MessageKey>({ t, text, values = {}, times = {} }: SentenceProps<Key>) {
  const parts = t(text).split(/\{(\w+)\}/);
  return (
    <>
      {parts.map((part, i) => {
        if (i % 2 === 0) return part;
        const at = times[part];
        return at === undefined ? <bdi key={part}>{String(values[part] ?? '')}</bdi> : <Time key={part} at={at} none="" />;
      })}
    </>
  );
}
