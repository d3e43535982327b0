/** What has to hold before a call goes on to the engine. */
export type Demand =
  /** Tells nothing about anybody's things. */
  | 'nothing'
  /** The query asks for the hub's own things only. */
  | 'own-query'
  /** The answer is cut down to what is the hub's own, and to the addresses that others use. */
  | 'own-answer'
  | 'own-container'
  /** The hub's own things, and its own container; of anybody else's only that there is one. */
  | 'look-at-container'
  | 'look-at-network'
  | 'look-at-volume'
  | 'own-network'
  | 'own-volume'
  | 'new-container'
  | 'new-network'
  | 'new-volume'
  /** A container joins or leaves a network of the hub. */
  | 'attach'
  | 'pull';

export interface Rule {
  readonly demand: Demand;
  /** Name or id in the path; empty where there is none. */
  readonly subject: string;
  /** The path with `{}` in place of the subject: what is sent on names the id that was checked, never a name that may move. */
  readonly template: string;
}

const NAME = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';
const IMAGE = '([a-z0-9][A-Za-z0-9._:@/-]{0,255})';

const TABLE: readonly (readonly [methods: string, path: string, demand: Demand])[] = [
  ['GET HEAD', '/_ping', 'nothing'],
  ['GET', '/version', 'nothing'],
  ['GET', '/info', 'nothing'],
  ['GET', '/events', 'own-query'],
  ['GET', '/containers/json', 'own-query'],
  ['POST', '/containers/create', 'new-container'],
  ['GET', `/containers/${NAME}/json`, 'look-at-container'],
  ['GET', `/containers/${NAME}/logs`, 'own-container'],
  ['GET', `/containers/${NAME}/stats`, 'own-container'],
  ['POST', `/containers/${NAME}/start`, 'own-container'],
  ['POST', `/containers/${NAME}/stop`, 'own-container'],
  ['POST', `/containers/${NAME}/restart`, 'own-container'],
  ['POST', `/containers/${NAME}/kill`, 'own-container'],
  ['POST', `/containers/${NAME}/wait`, 'own-container'],
  ['DELETE', `/containers/${NAME}`, 'own-container'],
  ['GET', '/networks', 'own-answer'],
  ['POST', '/networks/create', 'new-network'],
  ['GET', `/networks/${NAME}`, 'look-at-network'],
  ['POST', `/networks/${NAME}/connect`, 'attach'],
  ['POST', `/networks/${NAME}/disconnect`, 'attach'],
  ['DELETE', `/networks/${NAME}`, 'own-network'],
  ['GET', '/volumes', 'own-query'],
  ['POST', '/volumes/create', 'new-volume'],
  ['GET', `/volumes/${NAME}`, 'look-at-volume'],
  ['DELETE', `/volumes/${NAME}`, 'own-volume'],
  ['GET', `/images/${IMAGE}/json`, 'nothing'],
  ['POST', '/images/create', 'pull'],
];

const ROWS = TABLE.map(([methods, path, demand]) => ({ methods: methods.split(' '), path: new RegExp(`^(?:/v\\d{1,2}\\.\\d{1,3})?${path}$`), demand }));

/**
 * The rule for a call, `path` without its query; null: no such verb for a hub. Running programs inside containers, building, copying files
 * in and out, renaming, updating, attaching and everything of swarms and plugins is absent on purpose.
 */
export function ruleFor(method: string, path: string): Rule | null {
  // A path that could be read in two ways is not one of ours.
  if (path.includes('..') || path.includes('//') || path.includes('%')) return null;
  for (const row of ROWS) {
    const found = row.methods.includes(method) ? row.path.exec(path) : null;
    if (found === null) continue;
    const subject = found[1] ?? '';
    const at = subject === '' ? -1 : path.indexOf(`/${subject}`, path.search(/\/(?:containers|networks|volumes|images)\//) + 2);
    return { demand: row.demand, subject, template: at === -1 ? path : `${path.slice(0, at)}/{}${path.slice(at + 1 + subject.length)}` };
  }
  return null;
}
