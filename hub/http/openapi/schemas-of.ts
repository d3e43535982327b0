import { z } from 'zod';
import { ErrorModel, MODELS } from '../api/schemas';
import type { OperationDoc } from '../operation';

/** JSON Schema, draft 2020-12, as far as anybody here looks into it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly not?: Schema;
  readonly [key: string]: unknown;
}

export interface Schemas {
  /** The models, by name. */
  readonly components: Readonly<Record<string, Schema>>;
  readonly failure: Schema;
  body(doc: OperationDoc): Schema | undefined;
  query(doc: OperationDoc): Schema | undefined;
  /** A reference to a model, or what is made of models. */
  answer(model: z.ZodType): Schema;
}

const PLACE = '#/components/schemas/';
/** Names of schemas that belong to no model are thrown away; a space keeps them apart from those that do. */
const ANONYMOUS = 'schema ';

/** Everything that operations read and answer. What is read is described as it is sent, with what may be left out; answers as they come. */
export function componentsOf(docs: readonly OperationDoc[]): Schemas {
  const read = converted('input', docs.flatMap(({ body, query }) => [body, query]));
  const answers = converted('output', [...MODELS.keys(), ...docs.flatMap((doc) => Object.values(doc.answers).map((answer) => (typeof answer === 'string' ? undefined : answer.model)))]);
  const used = usedBy(docs, answers);
  return {
    components: Object.fromEntries([...MODELS].filter(([, id]) => used.has(id)).map(([model, id]) => [id, answers.get(model) as Schema])),
    failure: reference(ErrorModel) as Schema,
    body: ({ body }) => (body === undefined ? undefined : read.get(body)),
    query: ({ query }) => (query === undefined ? undefined : read.get(query)),
    answer: (model) => reference(model) ?? (answers.get(model) as Schema),
  };
}

function reference(model: z.ZodType): Schema | undefined {
  const id = MODELS.get(model);
  return id === undefined ? undefined : { $ref: `${PLACE}${id}` };
}

function converted(io: 'input' | 'output', all: readonly (z.ZodType | undefined)[]): ReadonlyMap<z.ZodType, Schema> {
  const registry = z.registry<{ readonly id: string }>();
  const unique = [...new Set(all)].filter((schema) => schema !== undefined);
  const ids = new Map(unique.map((schema, i) => [schema, MODELS.get(schema) ?? `${ANONYMOUS}${i}`]));
  for (const [schema, id] of ids) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { target: 'draft-2020-12', io, uri: (id) => `${PLACE}${id}` });
  return new Map([...ids].map(([schema, id]) => [schema, bare(schemas[id] as Schema)]));
}

/** Without an address of its own: where it stands says what it is. As JSON, so that what is undefined is not there. */
const bare = ({ $schema: _dialect, $id: _id, ...schema }: Schema): Schema => JSON.parse(JSON.stringify(schema)) as Schema;

/** Models that operations answer with, and those that these are made of. */
function usedBy(docs: readonly OperationDoc[], answers: ReadonlyMap<z.ZodType, Schema>): ReadonlySet<string> {
  const byId = new Map([...MODELS].map(([model, id]) => [id, answers.get(model)]));
  const used = new Set<string>();
  const visit = (schema: Schema | undefined): void => {
    for (const [, id = ''] of JSON.stringify(schema ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(id)) continue;
      used.add(id);
      visit(byId.get(id));
    }
  };
  const models = docs.flatMap((doc) => Object.values(doc.answers)).map((answer) => (typeof answer === 'string' ? ErrorModel : answer.model)).filter((model) => model !== undefined);
  for (const model of models) visit(reference(model) ?? answers.get(model));
  return used;
}
