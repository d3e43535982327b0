import type { Sql, Statement } from './sql';

type Params = Readonly<Record<string, unknown>>;

/**
 * Conditions of those parameters that are given, none for those that are null: what was not asked costs nothing, and an index is taken where
 * there is one. As one text with `@x IS NULL OR …` every row is walked through (counting 10,000 users: 0.33 ms, else 0.003).
 */
export function whereOf(conditions: Readonly<Record<string, string>>, params: Params): string {
  const asked = Object.entries(conditions).flatMap(([name, text]) => ((params[name] ?? null) === null ? [] : [`(${text})`]));
  return asked.length === 0 ? '' : `WHERE ${asked.join(' AND ')}`;
}

/** Statements by their text, each prepared once: for texts of which there are few. */
export function statementsOf<Row>(sql: Sql): (text: string) => Statement<Row> {
  const prepared = new Map<string, Statement<Row>>();
  return (text) => {
    const known = prepared.get(text) ?? sql.prepare<Row>(text);
    prepared.set(text, known);
    return known;
  };
}
