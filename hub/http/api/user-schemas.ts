import { z } from 'zod';
import { shown } from '../../domain/shown';
import { PAGE_FIELDS } from './read';

export const CreateMany = z.strictObject({ usernames: z.array(z.string().max(512)).min(1).max(1000), admin: z.boolean().default(false) });
export const CreateOne = z.strictObject({
  name: z.string().optional().describe('Not looked at: the path names the user.'),
  admin: z.boolean().default(false),
  password: z.string().max(4096).optional().describe('Absent: the hub generates one and says it in its answer.'),
  groups: z.never().optional(),
  roles: z.never().optional(),
  auth_state: z.null().optional(),
});
export const Change = z.strictObject({ name: z.string().max(512).optional().describe('A new name.'), admin: z.boolean().optional(), auth_state: z.null().optional() });

const flag = () => z.preprocess((text) => typeof text === 'string' && text !== '0' && text.toLowerCase() !== 'false', z.boolean()).optional().describe('Stopped servers are in the answer too.');

export const ShowQuery = z.object({ include_stopped_servers: flag() });
export const ListQuery = z.object({
  ...PAGE_FIELDS,
  include_stopped_servers: flag(),
  group: z.string().max(255).optional().describe('Name of a group that they are in. Our own.'),
  name_filter: z.string().transform((text) => text.slice(0, 255)).optional().describe('Part of the name.'),
  sort: z.enum(['id', '-id', 'name', '-name', 'last_activity', '-last_activity'], { error: ({ input }) => `Cannot sort by '${shown(String(input))}'` }).optional().describe('Downwards with a hyphen; by `id` unless given.'),
  status: z.enum(['active', 'pending', 'disabled'], { error: ({ input }) => `Unrecognized status filter: '${shown(String(input))}'` }).optional().describe('What the account is. Our own.'),
  state: z.enum(['active', 'ready', 'inactive'], { error: ({ input }) => `Unrecognized state filter: '${shown(String(input))}'` }).optional().describe('Users with an active server, with one that is ready, or with none that is active.'),
});
export const RemoveQuery = z.object({ volumes: z.enum(['keep', 'remove'], { error: 'volumes must be keep or remove' }).optional().describe('What becomes of the data; kept unless given.') });
