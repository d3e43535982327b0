import { PAGE_SIZES } from '../../../views/components/lists';
import type { Exchange } from '../exchange';
import { actorOf, type Kit } from '../kit';

const MAX_TEXT = 255;
const MAX_OFFSET = 2 ** 31;
const OFFERED_GROUPS = 200;

/** What a list is asked for in its address; anything that makes no sense is as if it were not there. */
export const textOf = (x: Exchange, name: string): string => (x.query.get(name) ?? '').trim().slice(0, MAX_TEXT);

export const limitOf = (x: Exchange): number => PAGE_SIZES.find((limit) => String(limit) === x.query.get('limit')) ?? PAGE_SIZES[0];

export function offsetOf(x: Exchange): number {
  const asked = Number(x.query.get('offset') ?? 0);
  return Number.isSafeInteger(asked) && asked > 0 ? Math.min(asked, MAX_OFFSET) : 0;
}

/** Groups that are offered while one is typed: the first ones that the reader may see. */
export const groupNames = ({ deps }: Kit, x: Exchange): readonly string[] =>
  actorOf(x).scopes.has('list:groups') ? deps.services.groups.list(actorOf(x), { offset: 0, limit: OFFERED_GROUPS }).groups.map(({ name }) => name) : [];
