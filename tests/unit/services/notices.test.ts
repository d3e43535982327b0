import { newId, type GroupId } from '../../../hub/domain/ids';
import type { LabText } from '../../../hub/domain/notice';
import type { ServerRecord } from '../../../hub/domain/server';
import { createAudit } from '../../../hub/services/audit';
import { createTellLab } from '../../../hub/services/lab-notice';
import { createNotices, type NoticesService } from '../../../hub/services/notices';
import type { NoticeAsk } from '../../../hub/services/notices-contract';
import { createMemoryLog, type LogLine } from '../../support/start-hub';
import { actorOf, capture, cleanUp, createWorld, MAIN, turn, type World } from './servers-support';

cleanUp();

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
/** Of real time: a lab that says nothing is not waited for longer. */
const ANSWER_MS = 50;
type Person = ReturnType<World['addUser']>;
/** A status, or an answer that never comes. */
type Answer = number | 'refuses' | 'silent';

interface Site {
  readonly world: World;
  readonly notices: NoticesService;
  readonly boss: ReturnType<typeof actorOf>;
  /** What each lab was told, by the name of its owner. */
  readonly told: (LabText & { readonly user: string; readonly signal: AbortSignal })[];
  readonly answers: Record<string, Answer>;
  readonly lines: LogLine[];
  readonly published: string[];
  restart(): Site;
}

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

function siteOn(world: World, kept: Pick<Site, 'told' | 'answers'> = { told: [], answers: {} }): Site {
  const { log, lines } = createMemoryLog();
  const published: string[] = [];
  const nameOf = ({ owner }: ServerRecord): string => world.store.users.byId(owner)?.name ?? '';
  const tellLab = createTellLab({
    log, ownerOf: nameOf, answerMs: ANSWER_MS,
    send: async (record, text, signal) => {
      kept.told.push({ ...text, user: nameOf(record), signal });
      const answer = kept.answers[nameOf(record)] ?? 200;
      if (answer === 'silent') return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      if (answer === 'refuses') throw new Error('ECONNREFUSED');
      return answer;
    },
  });
  const feed = { publish: (topic: string, owner?: string) => void published.push(`${topic} ${world.store.users.byId(owner as never)?.name ?? ''}`), publishToAll: (topic: string) => void published.push(`${topic} *`) };
  const audit = createAudit({ store: world.store, clock: world.clock, log: capture([]), keepMs: 0 });
  const notices = createNotices({ store: world.store, clock: world.clock, log, audit, feed, tellLab });
  notices.resume();
  open.push(() => notices.close());
  const boss = actorOf(world.store.users.byName('boss' as never) ?? world.addUser('boss').user, ['admin:servers']);
  const restart = (): Site => {
    notices.close();
    return siteOn(world.restart({ deps: { moved: (owner) => later?.notices.moved(owner) } }), kept);
  };
  later = { notices };
  return { world, notices, boss, lines, published, restart, ...kept };
}

let later: Pick<Site, 'notices'> | undefined;
const createSite = (): Site => siteOn(createWorld({ deps: { moved: (owner) => later?.notices.moved(owner) } }));

async function people({ world }: Site, running: readonly string[], stopped: readonly string[] = []): Promise<Record<string, Person>> {
  const who = Object.fromEntries([...running, ...stopped].map((name) => [name, world.addUser(name)]));
  await world.settled(Promise.all(running.map((name) => world.servers.start((who[name] as Person).actor, (who[name] as Person).user, MAIN, {}).settled)));
  return who;
}

const HELLO: NoticeAsk = { message: 'The disk is full.', variant: 'warning', autoClose: false };
async function send(site: Site, more: Partial<NoticeAsk> = {}) {
  const sent = site.notices.broadcast(site.boss, { ...HELLO, ...more });
  await site.world.settled(sent, 1);
  return sent;
}
const outcomes = async (site: Site, more: Partial<NoticeAsk> = {}) => (await send(site, more)).details.map(({ username, status, error }) => [username, status, error]);
const toldTo = ({ told }: Site): readonly string[] => told.map(({ user }) => user).toSorted();
const actions = ({ world }: Site): readonly string[] => world.store.audit.list({ offset: 0, limit: 100 }).map(({ action }) => action).filter((action) => action.startsWith('notice.')).reverse();

test('every running lab is told at once, with the platform\'s words for those that do not take it', async () => {
  const site = createSite();
  await people(site, ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'], ['heidi']);
  Object.assign(site.answers, { bob: 404, carol: 401, dave: 403, erin: 500, frank: 'silent', grace: 'refuses' });
  expect(await outcomes(site)).toEqual([
    ['alice', 'success', null],
    ['bob', 'failed', 'Notification extension not installed'],
    ['carol', 'failed', 'Authentication failed'],
    ['dave', 'failed', 'Authentication failed'],
    ['erin', 'failed', 'Server error processing notification'],
    ['frank', 'failed', 'Server not responding'],
    ['grace', 'failed', 'Server not responding'],
  ]);
  expect(site.told[0]).toMatchObject({ message: 'The disk is full.', type: 'warning', autoClose: false });
  const [row] = site.notices.list(site.boss, { offset: 0, limit: 10 }).notices;
  expect(row).toMatchObject({ total: 9, successful: 1, failed: 6, waiting: 2, phase: 'shown', by: 'boss' });
  expect(site.notices.results(site.boss, row?.id ?? '', { offset: 0, limit: 100 }).map(({ username, status }) => `${username} ${status}`)).toEqual([
    'bob failed', 'carol failed', 'dave failed', 'erin failed', 'frank failed', 'grace failed', 'alice success', 'boss waiting', 'heidi waiting',
  ]);
  expect(actions(site)).toEqual(['notice.send']);
});

test('one line of the log for each server says who, what, which type and how it ended', async () => {
  const site = createSite();
  await people(site, ['alice', 'bob', 'carol']);
  Object.assign(site.answers, { bob: 404, carol: 'refuses' });
  await send(site, { message: `${'x'.repeat(60)}\nsecret end` });
  const lines = site.lines.filter(({ message }) => message === '[Notification]').toSorted((a, b) => String(a.fields['user']).localeCompare(String(b.fields['user'])));
  expect(lines.map(({ level, fields }) => [level, fields['user'], fields['type'], fields['outcome'], fields['reason']])).toEqual([
    ['info', 'alice', 'warning', 'SUCCESS', undefined],
    ['warn', 'bob', 'warning', 'FAILED', 'Notification extension not installed'],
    ['error', 'carol', 'warning', 'ERROR', 'Server not responding'],
  ]);
  expect(new Set(lines.map(({ fields }) => fields['text']))).toEqual(new Set(['x'.repeat(50)]));
});

test('R06: of 500 labs one hangs: it is not waited for, and costs nobody else anything', async () => {
  const site = createSite();
  const { world } = site;
  for (let i = 0; i < 500; i++) {
    const { user } = world.addUser(`user${i}`);
    const record = world.store.servers.transition(world.store.servers.ensure(user.id, MAIN), { kind: 'starting', since: world.clock.now(), handle: null });
    if (record !== undefined) world.store.servers.transition(record, { kind: 'ready', since: world.clock.now(), handle: { spawner: 'fake', id: String(i) }, origin: 'http://x' });
  }
  site.answers['user7'] = 'silent';
  const { details } = await send(site);
  expect(details.filter(({ status }) => status === 'success')).toHaveLength(499);
  expect(details.find(({ username }) => username === 'user7')?.error).toBe('Server not responding');
  expect(site.told.find(({ user }) => user === 'user7')?.signal.aborted).toBe(true);
});

test('R06: a message is text of 1 to 140 characters; what cannot be seen is refused', async () => {
  const site = createSite();
  for (const message of ['', '   ', 'x'.repeat(141), 'a\u202eb', 'a\u0000b', 'a\u001b[2Jb']) await expect(site.notices.broadcast(site.boss, { ...HELLO, message })).rejects.toThrow(/message/);
  expect((await send(site, { message: `<b>${'x'.repeat(133)}</b>` })).notice.message).toHaveLength(140);
  expect((await send(site, { message: ' two\nlines 磁盘 ' })).notice.message).toBe('two\nlines 磁盘');
});

describe('recipients', () => {
  const world = async (): Promise<Site> => {
    const site = createSite();
    const who = await people(site, ['alice', 'bob'], ['carol', 'dave']);
    const group = newId<GroupId>();
    site.world.store.groups.create({ id: group, name: 'quants', properties: {} });
    for (const name of ['bob', 'carol']) site.world.store.groups.addMember(group, (who[name] as Person).user.id);
    site.world.store.users.update((who['dave'] as Person).user.id, { status: 'disabled' });
    return site;
  };
  const previewed = (site: Site, to: Partial<NoticeAsk>) => {
    const { now, later: next, users } = site.notices.preview(site.boss, to);
    return [now, next, users.map(({ name, now: at }) => `${name}${at ? '!' : ''}`).join(' ')];
  };

  test('are everybody who is active, users, groups, or both, and of these the ones in a state', async () => {
    const site = await world();
    expect(previewed(site, {})).toEqual([2, 2, 'alice! bob! boss carol']);
    expect(previewed(site, { recipients: ['ALICE', 'alice'] })).toEqual([1, 0, 'alice!']);
    expect(previewed(site, { groups: ['quants'] })).toEqual([1, 1, 'bob! carol']);
    expect(previewed(site, { recipients: ['alice'], groups: ['quants'] })).toEqual([2, 1, 'alice! bob! carol']);
    expect(previewed(site, { states: ['running'] })).toEqual([2, 0, 'alice! bob!']);
    expect(previewed(site, { groups: ['quants'], states: ['stopped', 'starting'] })).toEqual([0, 1, 'carol']);
    expect(previewed(site, { recipients: ['dave'] })).toEqual([0, 0, '']);
    await send(site, { groups: ['quants'] });
    expect(toldTo(site)).toEqual(['bob']);
    expect(site.published).toEqual(expect.arrayContaining(['notices bob', 'notices carol']));
    expect(site.published).not.toContain('notices alice');
  });

  test('that do not exist are named, and an empty list is not everybody', async () => {
    const site = await world();
    for (const [to, words] of [[{ recipients: ['alice', 'nobody'] }, 'No such user: nobody'], [{ groups: ['x'] }, 'No such group: x'], [{ recipients: [] }, 'Nobody is meant'], [{ states: [] }, 'Nobody is meant']] as const) {
      await expect(site.notices.broadcast(site.boss, { ...HELLO, ...to })).rejects.toThrow(words);
      expect(() => site.notices.preview(site.boss, to)).toThrow(words);
    }
    expect(site.told).toEqual([]);
  });

  test('whose accounts go before a message is sent are not everybody', async () => {
    const site = await world();
    const later10 = new Date(site.world.clock.now().getTime() + 10 * MINUTE);
    await send(site, { recipients: ['alice'], from: later10 });
    const alice = site.world.store.users.byName('alice' as never);
    await site.world.settled(site.world.servers.stopAllOf(alice?.id as never));
    site.world.store.users.remove(alice?.id as never);
    site.world.clock.advance(11 * MINUTE);
    await turn();
    expect(site.told).toEqual([]);
    expect(site.notices.list(site.boss, { offset: 0, limit: 1 }).notices[0]).toMatchObject({ total: 0, phase: 'shown', to: { recipients: [], groups: null } });
  });
});

test('who was not there sees it on the pages, and gets it in the lab when it starts; once, and not when it was dismissed', async () => {
  const site = createSite();
  const { alice, bob } = (await people(site, [], ['alice', 'bob'])) as { alice: Person; bob: Person };
  const { notice, details } = await send(site);
  expect([details, site.told]).toEqual([[], []]);
  expect(site.notices.open(bob.actor)).toMatchObject([{ id: notice.id, message: 'The disk is full.', variant: 'warning', by: 'boss' }]);
  site.notices.dismiss(bob.actor, notice.id);
  site.notices.dismiss(bob.actor, notice.id);
  expect([site.notices.open(bob.actor), site.notices.received(bob.actor).length]).toEqual([[], 1]);
  for (const { actor, user } of [alice, bob]) await site.world.settled(site.world.servers.start(actor, user, MAIN, {}).settled);
  await site.world.until(() => site.told.length > 0);
  await site.world.settled(site.world.servers.restart(alice.actor, alice.user, MAIN).settled);
  await turn();
  expect(toldTo(site)).toEqual(['alice']);
  expect(site.notices.get(site.boss, notice.id)).toMatchObject({ successful: 1, waiting: 2 });
  expect(site.notices.open(alice.actor)).toHaveLength(1);
});

test('somebody with two labs has it in both, and one that took it is enough', async () => {
  const site = createSite();
  const { alice } = (await people(site, ['alice'])) as { alice: Person };
  await site.world.settled(site.world.servers.start(alice.actor, alice.user, 'two' as never, {}).settled);
  let first = true;
  Object.defineProperty(site.answers, 'alice', { get: () => (first ? ((first = false), 404) : 200) });
  expect(await outcomes(site)).toEqual([['alice', 'success', null]]);
  expect(toldTo(site)).toEqual(['alice', 'alice']);
});

describe('a message that is sent later', () => {
  const inMinutes = ({ world }: Site, minutes: number): Date => new Date(world.clock.now().getTime() + minutes * MINUTE);

  test('is sent at its time to whoever is meant then, also by another hub, and ends at its time', async () => {
    const before = createSite();
    const { alice } = (await people(before, ['alice'])) as { alice: Person };
    const { notice } = await send(before, { from: inMinutes(before, 30), until: inMinutes(before, 60) });
    expect([notice.phase, notice.total, before.notices.open(alice.actor)]).toEqual(['scheduled', 0, []]);
    const site = before.restart();
    await site.world.settled(site.world.servers.reconcile());
    const bob = site.world.addUser('bob');
    site.world.clock.advance(29 * MINUTE);
    await turn();
    expect(site.told).toEqual([]);
    site.world.clock.advance(2 * MINUTE);
    await site.world.until(() => site.told.length > 0);
    expect(toldTo(site)).toEqual(['alice']);
    expect(site.notices.open(bob.actor)).toHaveLength(1);
    site.world.clock.advance(30 * MINUTE);
    expect([site.notices.open(bob.actor), site.notices.received(bob.actor), site.notices.get(site.boss, notice.id).phase]).toEqual([[], [], 'over']);
    await site.world.settled(site.world.servers.start(bob.actor, bob.user, MAIN, {}).settled);
    await turn();
    expect(toldTo(site)).toEqual(['alice']);
    expect(actions(site)).toEqual(['notice.schedule', 'notice.send']);
  });

  test('whose whole time the hub slept through is not sent', async () => {
    const before = createSite();
    await people(before, ['alice']);
    const { notice } = await send(before, { from: inMinutes(before, 30), until: inMinutes(before, 60) });
    before.notices.close();
    before.world.clock.advance(120 * MINUTE);
    const site = before.restart();
    await turn();
    expect([site.told, site.notices.get(site.boss, notice.id)]).toMatchObject([[], { phase: 'over', sent: null, total: 0 }]);
  });

  test('M18: is not sent by a clock that jumps to its time and back', async () => {
    const site = createSite();
    await people(site, ['alice']);
    await send(site, { from: inMinutes(site, 120) });
    site.world.clock.jumpWall(180 * MINUTE);
    site.world.clock.advance(30_000);
    site.world.clock.jumpWall(-180 * MINUTE);
    site.world.clock.advance(10 * MINUTE);
    await turn();
    expect(site.told).toEqual([]);
  });

  test('can be ended or deleted before; nonsense is refused', async () => {
    const site = createSite();
    await people(site, ['alice']);
    const ended = (await send(site, { from: inMinutes(site, 5) })).notice;
    const deleted = (await send(site, { from: inMinutes(site, 5) })).notice;
    expect(site.notices.expire(site.boss, ended.id).phase).toBe('over');
    site.notices.remove(site.boss, deleted.id);
    site.world.clock.advance(10 * MINUTE);
    await turn();
    expect(site.told).toEqual([]);
    expect(() => site.notices.get(site.boss, deleted.id)).toThrow('no such message');
    for (const times of [{ until: inMinutes(site, -1) }, { from: inMinutes(site, 60), until: inMinutes(site, 30) }, { until: new Date(NaN) }, { from: inMinutes(site, 600_000) }]) {
      await expect(site.notices.broadcast(site.boss, { ...HELLO, ...times })).rejects.toThrow('within a year');
    }
  });
});

test('what a hub did not come to before it ended, the next one does', async () => {
  const before = createSite();
  await people(before, ['alice', 'bob']);
  before.answers['bob'] = 'silent';
  const broken = expect(before.notices.broadcast(before.boss, HELLO)).rejects.toThrow('The next one goes on.');
  await turn();
  delete before.answers['bob'];
  const site = before.restart();
  await site.world.until(() => site.told.length === 3);
  await turn();
  await broken;
  expect(toldTo(site)).toEqual(['alice', 'bob', 'bob']);
  expect(site.notices.list(site.boss, { offset: 0, limit: 1 }).notices[0]).toMatchObject({ successful: 2, waiting: 1 });
});

test('the history goes back as far as it is asked, is cleared but for what is to be sent, and forgets after ninety days', async () => {
  const site = createSite();
  await send(site, { message: 'one' });
  site.world.clock.jumpWall(2 * DAY);
  site.world.clock.advance(2 * MINUTE);
  await send(site, { message: 'two' });
  await send(site, { message: 'three', from: new Date(site.world.clock.now().getTime() + 200 * DAY) });
  const texts = (days?: number) => site.notices.list(site.boss, { offset: 0, limit: 10, days }).notices.map(({ message }) => message);
  expect([texts(1), texts(7), texts()]).toEqual([['three', 'two'], ['three', 'two', 'one'], ['three', 'two', 'one']]);
  site.world.clock.jumpWall(98 * DAY);
  await send(site, { message: 'four' });
  expect(texts()).toEqual(['four', 'three']);
  expect([site.notices.clearable(site.boss), site.notices.clear(site.boss), texts()]).toEqual([1, 1, ['three']]);
  expect(actions(site).at(-1)).toBe('notice.clear');
});

test('only who may act on everybody\'s servers sends and sees them; what is somebody else\'s cannot be dismissed', async () => {
  const site = createSite();
  const { alice, bob } = (await people(site, [], ['alice', 'bob'])) as { alice: Person; bob: Person };
  const { notice } = await send(site, { recipients: ['alice'] });
  const { notices } = site;
  const page = { offset: 0, limit: 1 };
  const manager = actorOf(bob.user, ['self', 'admin:servers!group=quants', 'admin-ui']);
  for (const actor of [alice.actor, manager]) {
    await expect(notices.broadcast(actor, HELLO)).rejects.toThrow(/admin:servers/);
    for (const verb of [() => notices.preview(actor, {}), () => notices.list(actor, page), () => notices.get(actor, notice.id), () => notices.results(actor, notice.id, page), () => notices.expire(actor, notice.id), () => notices.remove(actor, notice.id), () => notices.clear(actor), () => notices.clearable(actor)]) {
      expect(verb).toThrow(/admin:servers/);
    }
  }
  for (const id of [notice.id, 'x']) expect(() => notices.dismiss(bob.actor, id)).toThrow('not found');
  const none = actorOf(alice.user, []);
  expect([notices.open(none), notices.open(bob.actor)]).toEqual([[], []]);
  expect(() => notices.received(none)).toThrow(/read:users/);
  expect(() => notices.dismiss(none, notice.id)).toThrow(/users:activity/);
});

test('a lab that became ready while the store was away is no reason to fail', async () => {
  const site = createSite();
  const { alice } = (await people(site, [], ['alice'])) as { alice: Person };
  await send(site);
  const broken = createNotices({ store: { ...site.world.store, notices: { ...site.world.store.notices, waitedFor: () => { throw new Error('disk'); } } }, clock: site.world.clock, log: createMemoryLog(site.lines).log, audit: { record: () => undefined }, feed: { publish: () => undefined, publishToAll: () => undefined }, tellLab: () => Promise.reject(new Error('never')) });
  expect(() => broken.moved(alice.user.id)).not.toThrow();
  expect(site.lines.at(-1)?.message).toBe('messages for a lab could not be looked up');
});
