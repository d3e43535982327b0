import type { Translate } from '../i18n';

/** Rows of a page of people or servers. The first is what one gets: as many as one looks through, and half the work of fifty. */
export const PAGE_SIZES = [25, 50, 100] as const;

/** Where a list is narrowed to a group; nothing for a reader who may not see groups. */
export function GroupField({ t, group, groups }: { readonly t: Translate; readonly group: string; readonly groups: readonly string[] | null }) {
  if (groups === null) return null;
  return (
    <div class="field">
      <label for="group">{t('people.group')}</label>
      <input id="group" name="group" type="search" value={group} maxLength={255} list="groups" autocomplete="off" />
      <datalist id="groups">{groups.map((name) => <option key={name} value={name} />)}</datalist>
    </div>
  );
}

interface Pill {
  readonly text: string;
  /** Absent: it would take too long to count. */
  readonly count?: number;
  readonly href: string;
  readonly chosen: boolean;
}

/** Filters of a list, each with how many it would show. */
export function Pills({ pills, label }: { readonly pills: readonly Pill[]; readonly label: string }) {
  return (
    <ul class="pills" aria-label={label}>
      {pills.map(({ text, count, href, chosen }) => <li key={href}><a href={href} aria-current={chosen ? 'true' : undefined}>{text}{count === undefined ? null : <> <span class="count">{count}</span></>}</a></li>)}
    </ul>
  );
}

interface PagerProps {
  readonly t: Translate;
  readonly offset: number;
  readonly limit: number;
  readonly total: number;
  /** Address of the page that begins at this row. */
  readonly at: (offset: number) => string;
}

/** Which part of a long list this is, and the ways to its neighbours. */
export function Pager({ t, offset, limit, total, at }: PagerProps) {
  if (total <= limit && offset === 0) return null;
  return (
    <nav class="pager" aria-label={t('pager.label')}>
      <span class="count">{t('pager.where', { from: Math.min(offset + 1, total), to: Math.min(offset + limit, total), total })}</span>
      <span class="actions">
        {offset > 0 ? <a class="button quiet" rel="prev" href={at(Math.max(0, offset - limit))}>{t('pager.previous')}</a> : null}
        {offset + limit < total ? <a class="button quiet" rel="next" href={at(offset + limit)}>{t('pager.next')}</a> : null}
      </span>
    </nav>
  );
}

interface SortProps {
  readonly text: string;
  /** The key of this column, and the one that the list is sorted by now: `-` in front of it is the other way round. */
  readonly by: string;
  readonly sort: string;
  readonly at: (sort: string) => string;
  readonly class?: string;
}

/** Head of a column that sorts: once one way, then the other. */
export function SortHead({ text, by, sort, at, class: name }: SortProps) {
  const up = sort === by;
  const down = sort === `-${by}`;
  return <th scope="col" class={name} aria-sort={up ? 'ascending' : down ? 'descending' : undefined}><a href={at(up ? `-${by}` : by)}>{text}{up ? ' ↑' : down ? ' ↓' : ''}</a></th>;
}
