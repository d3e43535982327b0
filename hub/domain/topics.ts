/** What pages and programs can be told about as it changes. */
export const TOPICS = ['servers', 'usage', 'users', 'groups', 'volumes', 'tokens', 'shares', 'notices', 'queue', 'maintenance', 'health', 'audit'] as const;
export type Topic = (typeof TOPICS)[number];

const BY_KIND: Readonly<Record<string, Topic>> = {
  server: 'servers', user: 'users', role: 'users', group: 'groups', volume: 'volumes', token: 'tokens', share: 'shares', 'share-code': 'shares',
  notice: 'notices', maintenance: 'maintenance', health: 'health', isolation: 'health', backup: 'health',
};

/** The topic of an action of the audit log, which is named `kind.verb`; undefined: the log alone. */
export const topicOfAction = (action: string): Topic | undefined => BY_KIND[action.split('.')[0] ?? ''];
