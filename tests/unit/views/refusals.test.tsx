import { render } from 'preact-render-to-string';
import { HubError } from '../../../hub/domain/errors';
import { VOLUME_PURPOSES } from '../../../hub/domain/volume';
import { PageLanguage, Said } from '../../../views/components/said';
import { refusal, REFUSALS } from '../../../views/i18n/refusals';
import { argumentsOf, plain, refusalsOf, sourcesIn, textsIn } from '../../support/refusal-sentences';

/** Where refusals are made that a page may show. The API's own ones, the command line's and those that keep a hub from starting are read by programs and in terminals. */
const SOURCES: readonly string[] = [
  'auth', 'hub/domain', 'hub/services', 'hub/wire/body.ts', 'hub/config/live.ts', 'hub/http/pages', 'hub/http/middleware', ...sourcesIn('hub/http').filter((file) => /^hub\/http\/[^/]+$/.test(file)),
  ...['groups', 'roles', 'servers', 'shares', 'sql', 'users', 'volumes'].map((table) => `hub/store/${table}.ts`),
  'spawner/docker', 'spawner/process', 'spawner/readiness.ts', 'spawner/file-problems.ts', 'spawner/local-files.ts',
];

/** What no page shows, by file: all of it, or what is listed. */
const NOT_SHOWN: Readonly<Record<string, { readonly why: string; readonly only?: readonly string[] }>> = {
  'hub/services/activity-report.ts': { why: 'what servers report' },
  'hub/services/service-acts.ts': { why: 'services are made and removed by the API alone' },
  'hub/services/shares.ts': { why: 'shares are given and taken by the API alone' },
  'hub/services/share-places.ts': { why: 'shares are given and taken by the API alone' },
  'hub/domain/share.ts': { why: 'shares are given and taken by the API alone' },
  'hub/services/share-codes.ts': { why: 'invitations are made by the API alone', only: ['expires_in must be an integer between {} and {}', 'Only one of id and code can be given', 'No such share code'] },
  'hub/domain/scopes/parse.ts': { why: 'declared in the configuration, read at the start', only: ['Invalid custom scope name: {}', 'Custom scope {} needs a description', 'Custom scope {} may imply declared custom scopes only, not {}'] },
  'hub/http/brand.ts': { why: 'read at the start' },
  'spawner/docker/client.ts': { why: 'read at the start', only: ['The Docker host {} is neither unix:///path nor tcp://host:port.'] },
  'spawner/docker/network.ts': { why: 'read at the start', only: ['The network pool {} is not an IPv4 range.'] },
  'spawner/docker/isolation-probe.ts': { why: 'details of a check' },
  'spawner/docker/checks.ts': { why: 'details of a check' },
};

/** Refusals whose sentence is not where they are made, and where it is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'hub/services/file-places.ts: tooMany': 'PARTS: tooMany of files.ts and volumes.ts',
  'hub/services/health.ts: reason': 'PARTS: health-words.ts',
  'hub/http/open-streams.ts: tooMany': 'streams of the API, which scripts open',
  'spawner/docker/docker-spawner.ts: toHubError(err).message': 'hub/domain/errors.ts',
  'spawner/process/process-spawner.ts: toHubError(err).message': 'hub/domain/errors.ts',
  'spawner/docker/engine-error.ts: known[2]': 'PARTS: KNOWN',
  'spawner/file-problems.ts: SENTENCES[problem][1]': 'PARTS: SENTENCES',
};

/** A name in front of another refusal, which is looked up by itself. */
const PREFIXED: readonly string[] = ['{}: {}', '{}: {}.'];

/** Values of settings that are read at the start. */
const AT_START = /^expected (?:a domain|an IPv4 network|an http or https|a path) /;

/** Reasons of stops and of failed starts, what fills the holes of refusals, and what the proxy says, which throws nothing. */
const PARTS: readonly string[] = [
  ...textsIn('spawner/docker/docker-spawner.ts', 'whyEnded'), ...textsIn('spawner/process/process-spawner.ts', 'whyEnded'),
  'The hub did not end it. {}', ...textsIn('hub/services/exits.ts', 'textOf'), ...textsIn('hub/services/reconcile.ts', 'reasonOf'), ...argumentsOf('hub/services/reconcile.ts', 'end', 2),
  ...argumentsOf('hub/services/servers.ts', 'end', 1), ...argumentsOf('hub/services/maintenance.ts', 'servers.halt', 1), ...argumentsOf('hub/services/shutdown.ts', 'servers.halt', 1),
  ...textsIn('hub/domain/idleness-words.ts', 'firedSentence'), ...textsIn('hub/services/health-words.ts', 'REASONS'), ...textsIn('hub/services/health-words.ts', 'whyBlocked'),
  ...textsIn('spawner/file-problems.ts', 'SENTENCES'), ...textsIn('spawner/docker/engine-error.ts', 'KNOWN'), ...textsIn('spawner/docker/engine-error.ts', 'detail'),
  ...['attempt', 'UNREACHED', 'DEAF', 'SILENT'].flatMap((name) => textsIn('spawner/readiness.ts', name)), ...argumentsOf('spawner/readiness.ts', 'done', 1),
  ...argumentsOf('spawner/docker/grants.ts', 'refused', 1), ...textsIn('spawner/docker/attachment.ts', 'why'), ...sourcesIn('spawner/docker').flatMap((file) => textsIn(file, 'what')),
  ...argumentsOf('spawner/docker/docker-spawner.ts', 'startContainer', 2), ...argumentsOf('spawner/docker/isolation-probe.ts', 'startContainer', 2), ...argumentsOf('spawner/docker/run-once.ts', 'startContainer', 2),
  ...argumentsOf('spawner/docker/isolation-probe.ts', 'runOnce', 2), ...argumentsOf('spawner/docker/volumes.ts', 'runOnce', 2),
  ...argumentsOf('hub/domain/policy-rules.ts', 'demandAmount', 0), 'there is none', ...textsIn('hub/domain/names.ts', 'problemOf'), ...argumentsOf('hub/domain/names.ts', 'text', 1), ...VOLUME_PURPOSES,
  ...textsIn('hub/services/lab-notice.ts', 'SILENT'), ...textsIn('hub/services/lab-notice.ts', 'errorOf'), ...argumentsOf('hub/services/accounts.ts', 'demandNotSelf', 2), ...textsIn('hub/services/room.ts', 'ownLimit'), 'any number', 'any amount', ', probably until {}',
  ...sourcesIn('proxy').flatMap((file) => [...argumentsOf(file, 'refuse', 1), ...argumentsOf(file, 'refuseAndClose', 1), ...textsIn(file, 'message'), ...textsIn(file, 'crossSiteRefusal')]),
  ...textsIn('hub/services/files.ts', 'tooMany'), ...textsIn('hub/services/volumes.ts', 'tooMany'), 'it in the config file', '{}, or {} in the config file',
  ...argumentsOf('hub/config/values.ts', 'refuse', 0), ...argumentsOf('hub/config/values.ts', 'listOf', 1),
].filter((text) => text !== '' && !AT_START.test(text));

const found = SOURCES.flatMap(sourcesIn).flatMap(refusalsOf);
const isShown = (file: string, sentence: string): boolean => {
  const rule = NOT_SHOWN[file];
  return (rule === undefined || (rule.only !== undefined && !rule.only.includes(sentence))) && !PREFIXED.includes(sentence);
};
const written = found.flatMap(({ file, sentences }) => sentences.map((sentence) => ({ file, sentence })));
const required = new Set([...written.filter(({ file, sentence }) => isShown(file, sentence)).map(({ sentence }) => sentence), ...PARTS]);

const holes = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).filter((name) => name !== 'grammar').sort();
const rows = Object.entries(REFUSALS);

describe('the Chinese of refusals', () => {
  it('is there for every refusal that a page may show, and for every reason of a stop or a failed start', () => {
    expect(required.size).toBeGreaterThan(350);
    const known = new Set(rows.map(([english]) => plain(english)));
    expect([...required].filter((sentence) => !known.has(sentence))).toEqual([]);
  });

  it('has no row that nothing says', () => {
    expect(rows.map(([english]) => english).filter((english) => !required.has(plain(english)))).toEqual([]);
  });

  it('is Chinese, with the values of the English in it', () => {
    for (const [english, chinese] of rows) {
      expect([english, holes(chinese)]).toEqual([english, holes(english)]);
      expect([english, /\p{Script=Han}/u.test(chinese)]).toEqual([english, true]);
      expect([english, /[a-z]{3,} [a-z]{3,} [a-z]{3,}/.test(chinese.replace(/`[^`]*`|“[^”]*”/g, ''))]).toEqual([english, false]);
    }
  });

  it('leaves out nothing without a reason that still holds', () => {
    const unread = found.filter(({ sentences }) => sentences.length === 0).map(({ file, argument }) => `${file}: ${argument}`);
    expect(unread.sort()).toEqual(Object.keys(ELSEWHERE).sort());
    for (const [file, { only }] of Object.entries(NOT_SHOWN)) {
      const there = written.filter((one) => one.file === file).map(({ sentence }) => sentence);
      expect(there).not.toEqual([]);
      expect((only ?? []).filter((sentence) => !there.includes(sentence))).toEqual([]);
    }
  });
});

describe('a refusal on a page', () => {
  it.each([
    ['The current password is wrong.', '当前密码不正确。'],
    ['Write a message of 1 to 140 characters.', '消息须为 1 至 140 个字符。'],
    ['No such user: delete', '没有用户 delete。'],
    ['You cannot delete yourself. Ask another administrator.', '您不能删除自己的账户，请联系其他管理员。'],
    ['The server did not start within 60 s. The server did not become ready: it does not listen yet.', '服务器未能在 60 秒内启动。服务器未能就绪：尚未开始监听。'],
    ['The server did not start within 60 s.', '服务器未能在 60 秒内启动。'],
    ['The hub did not end it. It ended with code 3.', '并非系统将其结束。它已结束，退出代码 3。'],
    ['The hub is under maintenance, probably until 2026-03-02 14:00 UTC: no server is started. New disks.', '系统正在维护，预计到 2026-03-02 14:00 UTC 结束：不能启动服务器。New disks.'],
    ['The hub is under maintenance: no server is started.', '系统正在维护：不能启动服务器。'],
    ['You may have 3 servers running or waiting at a time. Stop one first.', '您最多可以同时有 3 个服务器运行或等待，请先停止一个。'],
    ['Docker could not start the container: the connection broke.', 'Docker 无法启动容器：连接中断。'],
    ['User ann already exists, username must be unique', '用户 ann 已存在，用户名不能重复。'],
    ['analysts: There is no profile (gone).', 'analysts：没有配置 (gone)。'],
    ['server.cap: expected a whole number, or 0 for none.', 'server.cap：应为整数，0 表示无。'],
  ])('%s', (english, chinese) => {
    expect(refusal('zh', english)).toEqual({ text: chinese });
    expect(refusal('en', english)).toEqual({ text: english });
  });

  it('stays English where nobody translated it, and says so to a screen reader; what is Chinese already stays as it is', () => {
    const shown = (text: string) => render(<PageLanguage.Provider value="zh"><p><Said text={text} /></p></PageLanguage.Provider>);
    expect(shown(new HubError('conflict', 'Nobody wrote <this> down.').message)).toBe('<p><span lang="en">Nobody wrote &lt;this> down.</span></p>');
    expect(shown('两次输入的密码不一致，请重新输入。')).toBe('<p>两次输入的密码不一致，请重新输入。</p>');
    expect(shown('constructor')).toBe('<p><span lang="en">constructor</span></p>');
    expect(render(<p><Said text="The current password is wrong." /></p>)).toBe('<p>The current password is wrong.</p>');
  });

  it('never takes a hostile text for long', () => {
    const long = `User ${' already has the maximum of  named servers. '.repeat(40)}`;
    expect(refusal('zh', long)).toEqual({ text: long, lang: 'en' });
    expect(refusal('zh', `There is no user ${'a'.repeat(3_000)}, or not one that you may see.`).lang).toBe('en');
  });
});
