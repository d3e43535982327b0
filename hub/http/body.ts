import type { IncomingMessage } from 'node:http';
import { HubError } from '../domain/errors';
import { decode, mediaType, readBody } from '../wire/body';

const FORM_BYTES = 64 * 1024;
const MAX_FIELDS = 200;

/** Fields of a form, in order. A field that came twice has two values, and `one` refuses it. */
export class Form {
  readonly #fields: URLSearchParams;
  constructor(fields: URLSearchParams) {
    this.#fields = fields;
  }
  /** undefined: absent. Throws `invalid-input` for a field that came more than once. */
  one(name: string): string | undefined {
    const values = this.#fields.getAll(name);
    if (values.length > 1) throw new HubError('invalid-input', `The field ${name} came more than once.`);
    return values[0];
  }
  has(name: string): boolean {
    return this.#fields.has(name);
  }
  /** The same form without that field. */
  without(name: string): Form {
    const fields = new URLSearchParams(this.#fields);
    fields.delete(name);
    return new Form(fields);
  }
  entries(): readonly (readonly [string, string])[] {
    return [...this.#fields.entries()];
  }
}

export const NO_FORM = new Form(new URLSearchParams());

/** Form bodies of pages: 64 kB. Anything that is not a form is refused, JSON and uploads included (C04). */
export async function readForm(req: IncomingMessage): Promise<Form> {
  const bytes = await readBody(req, FORM_BYTES);
  if (bytes.length === 0) return NO_FORM;
  if (mediaType(req) !== 'application/x-www-form-urlencoded') throw new HubError('unsupported-media-type', 'Send this as a form.');
  const fields = new URLSearchParams(decode(bytes, 'form'));
  if (fields.size > MAX_FIELDS) throw new HubError('invalid-input', 'The form has too many fields.');
  return new Form(fields);
}
