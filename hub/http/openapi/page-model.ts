import type { ApiDocsModel, FieldView, OperationView, TypePart } from '../../../views/pages/api-docs';
import type { OpenApi, OpenApiOperation } from './document';
import type { Schema } from './schemas-of';

/** The document, put so that a page can show it as it comes. */
export function pageModelOf(document: OpenApi): Omit<ApiDocsModel, 'chapter'> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, op]) => ({ tag: op.tags[0], view: viewOf(document, `${method} ${path}`, op) })));
  return {
    description: document.info.description,
    chapters: document.tags.map(({ name }) => ({ tag: name, operations: operations.filter(({ tag }) => tag === name).map(({ view }) => view) })),
    models: Object.entries(document.components.schemas).map(([name, schema]) => ({ name, description: schema.description, type: typeOf(schema), fields: fieldsOf(schema) })),
  };
}

function viewOf(document: OpenApi, name: string, op: OpenApiOperation): OperationView {
  const [method = '', path = ''] = name.split(' ');
  const body = op.requestBody === undefined ? undefined : Object.values(op.requestBody.content)[0]?.schema;
  return {
    id: op.operationId, method: method.toUpperCase(), path, summary: op.summary, description: op.description,
    access: accessOf(op),
    parameters: (op.parameters ?? []).map((given) => ({ name: given.name, where: given.in, required: given.required, type: typeOf(given.schema), description: given.description })),
    body: body === undefined ? undefined : { required: op.requestBody?.required ?? false, type: typeOf(body), fields: fieldsOf(body) },
    answers: Object.entries(op.responses).map(([status, answer]) => answerOf(document, status, answer)),
  };
}

function accessOf({ security }: OpenApiOperation): OperationView['access'] {
  if (security.length === 0) return 'anyone';
  const scopes = security.flatMap((way) => way['oauth2'] ?? []);
  return scopes.length === 0 ? 'identified' : scopes;
}

function answerOf(document: OpenApi, status: string, answer: OpenApiOperation['responses'][string]): OperationView['answers'][number] {
  if ('$ref' in answer) {
    const common = document.components['responses']?.[lastOf(answer.$ref)] as { readonly description: string } | undefined;
    return { status, description: common?.description ?? '', type: [] };
  }
  const shown = Number(status) >= 400 ? [] : joined(Object.entries(answer.content ?? {}).map(([type, { schema }]) => (type === 'application/json' ? typeOf(schema) : [{ text: type }])));
  return { status, description: answer.description, type: shown };
}

const fieldsOf = (schema: Schema): readonly FieldView[] =>
  Object.entries(schema.properties ?? {}).filter(([, field]) => field.not === undefined)
    .map(([name, field]) => ({ name, required: schema.required?.includes(name) ?? false, type: typeOf(field), description: field.description }));

/** A type in a few words, with the names of the models in it. */
export function typeOf(schema: Schema): readonly TypePart[] {
  if (schema.$ref !== undefined) return [{ text: lastOf(schema.$ref), model: lastOf(schema.$ref) }];
  if (schema.anyOf !== undefined) return joined(schema.anyOf.map(typeOf));
  if (schema.const !== undefined) return [{ text: JSON.stringify(schema.const) }];
  if (schema.enum !== undefined) return [{ text: schema.enum.map((value) => JSON.stringify(value)).join(' or ') }];
  if (schema.items !== undefined) return [{ text: 'array of ' }, ...typeOf(schema.items)];
  if (schema.properties?.['items'] !== undefined) return [{ text: '{ items: ' }, ...typeOf(schema.properties['items']), { text: ', … }' }];
  if (typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0) return [{ text: 'object of ' }, ...typeOf(schema.additionalProperties)];
  const format = typeof schema['format'] === 'string' ? ` (${schema['format']})` : '';
  return [{ text: `${[schema.type ?? 'anything'].flat().join(' or ')}${format}` }];
}

const joined = (types: readonly (readonly TypePart[])[]): readonly TypePart[] => types.flatMap((parts, i) => (i === 0 ? parts : [{ text: ' or ' }, ...parts]));
const lastOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);
