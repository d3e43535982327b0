import type { MessageKey } from '../../../views/i18n';
import type { Flash } from '../../../views/layout';
import type { BulkResult } from '../../services/server-list-contract';
import type { Exchange } from '../exchange';

const SHOWN_FAILURES = 5;

/** What was ticked in a list, each once. */
export const ticked = (x: Exchange, field: string): readonly string[] => [...new Set(x.form.entries().filter(([name]) => name === field).map(([, value]) => value))];

/** What became of several things: how many, and of those that failed the first ones with the reason. */
export function bulkFlashes(x: Exchange, results: readonly BulkResult[], done: MessageKey): readonly Flash[] {
  const failed = results.filter(({ error }) => error !== null);
  const count = results.length - failed.length;
  const names = failed.slice(0, SHOWN_FAILURES).map(({ name, error }) => `${name} (${error})`).join(', ');
  return [
    ...(count === 0 ? [] : [{ tone: 'ok', text: x.t(done, { count }) } as const]),
    ...(failed.length === 0 ? [] : [{ tone: 'bad', text: x.t('people.bulkFailed', { count: failed.length, names: failed.length > SHOWN_FAILURES ? `${names}, …` : names }) } as const]),
  ];
}
