/** What has to hold before a call goes on to the engine. */
export type Demand =
  /** Tells nothing about anybody's things. */
  | 'nothing'
  /** The query asks for the hub's own things only. */
  | 'own-query'
  /** The answer is cut down to what is the hub's own, and to the addresses that others use. */
  | 'own-answer'
  | 'own-container'
  /** Also, what is read is the folder in which the spawner mounts volumes for a download, and nothing else of a container. */
  | 'own-files'
  /** The answer is cut down to the sizes of the hub's own volumes and of those it was given. */
  | 'own-sizes'
  /** Also, what it is attached to has to be the hub's still: the engine looks names of networks up anew whenever a container starts. */
  | 'start'
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
  /** Parameters that go on, each once and written anew: the engine may split a query at other places than we do. Others are left out. */
  readonly query: readonly string[];
}

const NAME = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';
const IMAGE = '([a-z0-9][A-Za-z0-9._:@/-]{0,255})';

const TABLE: readonly (readonly [methods: string, path: string, demand: Demand, query?: string])[] = [
  ['GET HEAD', '/_ping', 'nothing'],
  ['GET', '/version', 'nothing'],
  ['GET', '/info', 'nothing'],
  ['GET', '/events', 'own-query', 'filters since until'],
  ['GET', '/containers/json', 'own-query', 'all filters limit'],
  ['POST', '/containers/create', 'new-container', 'name'],
  ['GET', `/containers/${NAME}/json`, 'look-at-container'],
  ['GET', `/containers/${NAME}/logs`, 'own-container', 'stdout stderr tail follow since until timestamps'],
  ['GET', `/containers/${NAME}/archive`, 'own-files', 'path'],
  // What it writes from now on, as with its log: without `stdin` nothing goes in.
  ['POST', `/containers/${NAME}/attach`, 'own-container', 'stream stdout'],
  ['GET', `/containers/${NAME}/stats`, 'own-container', 'stream one-shot'],
  ['POST', `/containers/${NAME}/start`, 'start'],
  ['POST', `/containers/${NAME}/stop`, 'own-container', 't'],
  ['POST', `/containers/${NAME}/restart`, 'start', 't'],
  ['POST', `/containers/${NAME}/unpause`, 'own-container'],
  ['POST', `/containers/${NAME}/kill`, 'own-container', 'signal'],
  ['POST', `/containers/${NAME}/wait`, 'own-container', 'condition'],
  ['DELETE', `/containers/${NAME}`, 'own-container', 'force v'],
  ['GET', '/networks', 'own-answer', 'filters'],
  ['POST', '/networks/create', 'new-network'],
  ['GET', `/networks/${NAME}`, 'look-at-network'],
  ['POST', `/networks/${NAME}/connect`, 'attach'],
  ['POST', `/networks/${NAME}/disconnect`, 'attach'],
  ['DELETE', `/networks/${NAME}`, 'own-network'],
  ['GET', '/system/df', 'own-sizes'],
  ['GET', '/volumes', 'own-query', 'filters'],
  ['POST', '/volumes/create', 'new-volume'],
  ['GET', `/volumes/${NAME}`, 'look-at-volume'],
  ['DELETE', `/volumes/${NAME}`, 'own-volume', 'force'],
  ['GET', `/images/${IMAGE}/json`, 'nothing'],
  ['POST', '/images/create', 'pull', 'fromImage tag'],
];

const ROWS = TABLE.map(([methods, path, demand, query = '']) => ({ methods: methods.split(' '), path: new RegExp(`^(?:/v\\d{1,2}\\.\\d{1,3})?${path}$`), demand, query: query === '' ? [] : query.split(' ') }));

/**
 * The rule for a call, `path` without its query; null: no such verb for a hub. Running programs inside containers, building, copying files
 * in, renaming, updating, writing into a container and everything of swarms and plugins is absent on purpose.
 */
export function ruleFor(method: string, path: string): Rule | null {
  // A path that could be read in two ways is not one of ours.
  if (path.includes('..') || path.includes('//') || path.includes('%')) return null;
  for (const row of ROWS) {
    const found = row.methods.includes(method) ? row.path.exec(path) : null;
    if (found === null) continue;
    const subject = found[1] ?? '';
    const at = subject === '' ? -1 : path.indexOf(`/${subject}`, path.search(/\/(?:containers|networks|volumes|images)\//) + 2);
    return { demand: row.demand, query: row.query, subject, template: at === -1 ? path : `${path.slice(0, at)}/{}${path.slice(at + 1 + subject.length)}` };
  }
  return null;
}
