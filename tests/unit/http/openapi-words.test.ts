import { z } from 'zod';
import { MODELS, ServerModel } from '../../../hub/http/api/schemas';
import { openApiOf } from '../../../hub/http/openapi/document';
import { pageModelOf, typeOf } from '../../../hub/http/openapi/page-model';
import { operation } from '../../../hub/http/operation';

const words = (schema: Parameters<typeof typeOf>[0]): string => typeOf(schema).map(({ text, model }) => (model === undefined ? text : `<${text}>`)).join('');

test.each([
  [{ type: 'string' }, 'string'],
  [{ type: 'string', format: 'date-time' }, 'string (date-time)'],
  [{ anyOf: [{ $ref: '#/components/schemas/Server' }, { type: 'null' }] }, '<Server> or null'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, 'array of "a" or "b"'],
  [{ type: 'object', additionalProperties: { $ref: '#/components/schemas/Server' } }, 'object of <Server>'],
  [{ type: ['integer', 'null'] }, 'integer or null'],
  [{ const: 'user' }, '"user"'],
  [{}, 'anything'],
])('a type is said in a few words: %j', (schema, said) => expect(words(schema)).toBe(said));

describe('the description of one row', () => {
  const body = z.strictObject({ name: z.string().max(9), size: z.int().optional().describe('In pages.') });
  const row = operation({
    method: 'put', path: '/hub/api/books/:name/:page', needs: ['users', 'groups'], handle: () => ({ kind: 'json', status: 200, body: {} }),
    doc: { id: 'putBook', tag: 'Hub', summary: 'Put', body, query: z.object({ draft: z.boolean().optional() }), answers: { 200: { description: 'It.', model: z.array(ServerModel) }, 204: 'Nothing.', 409: 'Taken.' } },
  });
  const document = openApiOf([row], { version: '1', url: 'https://x/base', cookie: 'c' });
  const op = document.paths['/hub/api/books/{name}/{page}']?.['put'];

  it('has the schema of the body as it stands', () => {
    expect(op?.requestBody).toEqual({ required: true, content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string', maxLength: 9 }, size: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, description: 'In pages.' } }, required: ['name'], additionalProperties: false } } } });
    expect(op?.parameters?.map((given) => [given.name, given.in, given.required])).toEqual([['name', 'path', true], ['page', 'path', true], ['draft', 'query', false]]);
  });

  it('refers to models by name, brings those that it needs, and no other', () => {
    expect(op?.responses['200']).toEqual({ description: 'It.', content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Server' } } } } });
    expect(Object.keys(document.components.schemas)).toEqual(['Error', 'Server']);
    expect(MODELS.size).toBeGreaterThan(10);
  });

  it('knows what every operation can answer besides', () => {
    expect(Object.keys(op?.responses ?? {})).toEqual(['200', '204', '400', '403', '404', '409', '413', '415', '429']);
    expect(op?.responses['204']).toEqual({ description: 'Nothing.' });
  });

  it('wants one of the scopes, by any credential, and the form\'s token with a cookie', () => {
    expect(op?.security).toEqual([{ oauth2: ['users'] }, { oauth2: ['groups'] }, { token: [] }, { bearer: [] }, { cookie: [], xsrf: [] }]);
    expect(pageModelOf(document).chapters[0]?.operations[0]?.access).toEqual(['users', 'groups']);
  });
});
