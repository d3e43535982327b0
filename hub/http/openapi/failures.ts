import { MODELS, ErrorModel } from '../api/schemas';
import type { HubRoute } from '../routes';

export const isFailure = (status: number): boolean => status >= 400;

const content = { 'application/json': { schema: { $ref: `#/components/schemas/${MODELS.get(ErrorModel) ?? ''}` } } };

/** What operations answer that fail for reasons which are not their own. */
export const COMMON: Readonly<Record<string, { readonly description: string; readonly content: typeof content }>> = {
  BadRequest: { description: 'The request is not understood.', content },
  Forbidden: { description: 'No credential, or one that may not do this.', content },
  NotFound: { description: 'It is not there, or not for you to see.', content },
  TooLarge: { description: 'The body is too large.', content },
  NotJson: { description: 'The body is not JSON.', content },
  TooMany: { description: 'Too many requests; the header `Retry-After` says when to go on.', content },
  Off: { description: 'The operation is switched off.', content },
};

const common = (name: string): { readonly $ref: string } => ({ $ref: `#/components/responses/${name}` });

/** By status; what an operation says itself comes over it. */
export function failuresOf({ kind, method, path, needs, doc, feature }: HubRoute): Readonly<Record<number, { readonly $ref: string }>> {
  const read = kind === 'api' && method !== 'get';
  return {
    ...(read || path.includes('/:') || doc?.query !== undefined ? { 400: common('BadRequest') } : {}),
    ...(needs === 'anyone' ? {} : { 403: common('Forbidden') }),
    ...(path.includes('/:') ? { 404: common('NotFound') } : {}),
    ...(read ? { 413: common('TooLarge'), 415: common('NotJson') } : {}),
    ...(kind === 'api' ? { 429: common('TooMany') } : {}),
    ...(feature === undefined ? {} : { 501: common('Off') }),
  };
}
