import { z } from 'zod';
import { parseDisplayName, parseServerName } from '../../domain/names';
import type { ServerChange, StartAsk } from '../../services/contract';

const namesOf = (keys: readonly string[]): string => keys.slice(0, 5).map((key) => key.slice(0, 64)).join(', ');

/** What is not understood is refused, not kept: nobody shall believe that an image or a command of theirs was taken (E12). */
const Options = z.strictObject({ profile: z.string().optional() }, { error: (issue) => (issue.code === 'unrecognized_keys' ? `${namesOf(issue.keys)} unknown. A start takes a profile and nothing else.` : undefined) }).describe('`profile` chooses one of the profiles that are offered.');
const DisplayName = z.string().describe('What pages call it.');

/** Either JupyterHub 6's two keys, or the whole body as options. */
export const Start = z.strictObject({ profile: z.string().optional().describe('Not together with the others.'), display_name: DisplayName.optional(), user_options: Options.nullish() })
  .refine((body) => body.profile === undefined || (body.display_name === undefined && body.user_options === undefined), { error: 'profile belongs into user_options where there are other keys.' });
export const Change = z.strictObject({ name: z.string().max(512).optional().describe('A new name.'), display_name: DisplayName.optional(), user_options: Options.nullish() });
export const Stop = z.strictObject({ remove: z.boolean().optional().describe('It is removed too; not for the default server.') });

export function asked({ profile: whole, display_name: shown, user_options: options }: z.output<typeof Start>): StartAsk {
  const profile = whole ?? options?.profile;
  return { ...(profile === undefined ? {} : { profile, userOptions: { profile } }), ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }) };
}

export function changed({ name, display_name: shown, user_options: options }: z.output<typeof Change>): ServerChange {
  return {
    ...(name === undefined ? {} : { name: parseServerName(name) }),
    ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }),
    ...(options?.profile === undefined ? {} : { profile: options.profile }),
  };
}
