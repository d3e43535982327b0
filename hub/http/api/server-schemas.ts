import { z } from 'zod';
import { parseDisplayName, parseServerName } from '../../domain/names';
import { LEAST_CPUS, LEAST_MEMORY, type Size as SizeAsked } from '../../domain/size';
import type { ServerChange, StartAsk } from '../../services/contract';

const namesOf = (keys: readonly string[]): string => keys.slice(0, 5).map((key) => key.slice(0, 64)).join(', ');

/** What is not understood is refused, not kept: nobody shall believe that an image or a command of theirs was taken (E12). */
const strangers = (takes: string) => ({ error: (issue: { readonly code?: string; readonly keys?: readonly string[] }) => (issue.code === 'unrecognized_keys' ? `${namesOf(issue.keys ?? [])} unknown. ${takes}` : undefined) });
const Profile = z.string().optional();
const Template = z.string().max(512).optional();
const TAKES = 'A start takes a profile, a size and a template, and nothing else.';
const Size = z.strictObject({ cpus: z.number().min(LEAST_CPUS).max(4096).optional(), memory: z.int().min(LEAST_MEMORY).max(2 ** 50).optional().describe('Bytes.') }, strangers('A size has cpus and memory.')).optional().describe('Less than the profile has; more is refused.');
const Options = z.strictObject({ profile: Profile, size: Size, template: Template }, strangers(TAKES)).describe('`profile` chooses one of the profiles that are offered; `template` is copied into the workspace once the server answers.');
/** Kept for a start to come: a template belongs to the start itself. */
const KeptOptions = z.strictObject({ profile: Profile }, strangers('Only a profile can be kept for the next start.')).describe('`profile` chooses one of the profiles that are offered.');
const DisplayName = z.string().describe('What pages call it.');

/** Either JupyterHub 6's two keys, or the whole body as options. */
export const Start = z.strictObject({ profile: Profile.describe('Not together with `display_name` and `user_options`.'), size: Size.describe('As `profile`.'), template: Template.describe('As `profile`.'), display_name: DisplayName.optional(), user_options: Options.nullish() })
  .refine((body) => (body.profile === undefined && body.template === undefined && body.size === undefined) || (body.display_name === undefined && body.user_options === undefined), { error: 'profile, size and template belong into user_options where there are other keys.' });
export const Change = z.strictObject({ name: z.string().max(512).optional().describe('A new name.'), display_name: DisplayName.optional(), user_options: KeptOptions.nullish() });
export const Stop = z.strictObject({ remove: z.boolean().optional().describe('It is removed too; not for the default server.') });

export function asked({ display_name: shown, user_options: options, ...whole }: z.output<typeof Start>): StartAsk {
  return { ...startAsk(options ?? whole), ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }) };
}

/** What a start may be asked for. */
export interface Chosen {
  readonly profile?: string | undefined;
  readonly size?: SizeAsked | undefined;
  readonly template?: string | undefined;
}

/** What a start was asked for, and what of it is kept with the server. */
export function startAsk({ profile, size, template }: Chosen): StartAsk {
  const options = Object.fromEntries(Object.entries({ profile, size, template }).filter(([, value]) => value !== undefined));
  return Object.keys(options).length === 0 ? {} : { ...(profile === undefined ? {} : { profile }), userOptions: options };
}

export function changed({ name, display_name: shown, user_options: options }: z.output<typeof Change>): ServerChange {
  return {
    ...(name === undefined ? {} : { name: parseServerName(name) }),
    ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }),
    ...(options?.profile === undefined ? {} : { profile: options.profile }),
  };
}
