import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { decode, mediaType, readBody } from './body';

/** What of a request to the token endpoint counts. */
export interface TokenRequest {
  readonly form: URLSearchParams;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Fields of the authorisation code grant; `hub/services` knows what they mean. undefined: not there, or there more than once. */
export interface RedemptionFields {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly grantType: string | undefined;
  readonly code: string | undefined;
  readonly redirectUri: string | undefined;
  readonly verifier: string | undefined;
}

/** The form of the token endpoint; fields that are missing are refused in OAuth's words. */
export const TokenForm = z.object({
  grant_type: z.string().optional().describe('`authorization_code`.'),
  code: z.string().optional(),
  redirect_uri: z.string().optional(),
  client_id: z.string().optional().describe('Unless the header says it.'),
  client_secret: z.string().optional().describe('Unless the header says it.'),
  code_verifier: z.string().optional().describe('Of PKCE with `S256`.'),
});

const FORM_BYTES = 16 * 1024;

/** A body that is not a form has no fields: JupyterHub says the same to JSON (protocol, 2.2). */
export async function readTokenRequest(req: IncomingMessage): Promise<TokenRequest> {
  const bytes = await readBody(req, FORM_BYTES);
  const [, query = ''] = (req.url ?? '').split('?');
  const form = mediaType(req) === 'application/x-www-form-urlencoded' ? new URLSearchParams(decode(bytes, 'form')) : new URLSearchParams();
  return { form, query: new URLSearchParams(query), authorization: req.headers.authorization };
}

/** A secret in the address is none: addresses end up in logs (D15). With client authentication in the header and in the body, the header counts. */
export function redemptionOf({ form, query, authorization }: TokenRequest): RedemptionFields {
  const one = (name: keyof z.output<typeof TokenForm>): string | undefined => {
    const values = form.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  };
  const basic = basicOf(authorization);
  const inAddress = query.has('client_secret');
  return {
    clientId: basic?.id ?? one('client_id'),
    clientSecret: inAddress ? undefined : (basic?.secret ?? one('client_secret')),
    grantType: one('grant_type'),
    code: one('code'),
    redirectUri: one('redirect_uri'),
    verifier: one('code_verifier'),
  };
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. JupyterHub's clients send their token there instead, which is no client authentication. */
function basicOf(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
}

const formDecoded = (text: string): string => new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? '';
