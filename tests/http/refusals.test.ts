import type { User } from '../../hub/domain/user';
import { makeToken, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const reader = async (name: string, admin = false) => {
  const user = (await makeUserWithPassword(hub, name, { admin })) as User;
  const browser = signedInAs(hub, user);
  await browser.post('hub/language', { lang: 'zh' });
  return browser;
};

/** What the page says in front of everything else, or all that an error page says. */
const saidOn = (html: string): string => (/<p class="note bad" role="alert">(.*?)<\/p>/.exec(html)?.[1] ?? /<div class="panel"><p>(.*?)<\/p>/.exec(html)?.[1] ?? html);

test.each([
  ['a message that is too long', 'hub/notifications', { message: 'x'.repeat(141), variant: 'info' }, 400, '消息须为 1 至 140 个字符。'],
  ['a template that is none', 'hub/spawn', { template: 'nowhere' }, 400, '模板无效：nowhere'],
  ['an old password that is wrong', 'hub/password', { current: `${PASSWORD}!`, password: 'four unrelated long words', repeat: 'four unrelated long words' }, 403, '当前密码不正确。'],
  ['an address without a host', 'hub/account', { email: 'li@', theme: 'auto' }, 400, '这不是电子邮件地址，正确的格式如 name@example.org。'],
  ['a maintenance in the past', 'hub/admin/maintenance', { act: 'announce', from: '2020-01-01T10:00' }, 400, '维护不能从过去开始。若要立即开始，请填写当前时间。'],
  ['a group whose name is taken', 'hub/admin/groups', { name: 'docker-privileged' }, 409, '组 docker-privileged 已存在。'],
  ['a setting that is no number', 'hub/admin/settings', { setting: 'server.cap', value: 'many' }, 400, '应为整数，0 表示无'],
])('a reader of Chinese who sends %s is refused in Chinese', async (what, path, fields, status, said) => {
  const browser = await reader(`li-${what.replace(/[^a-z]/g, '')}`.slice(0, 40), true);
  const answer = await browser.post(path, fields);
  expect([answer.status, saidOn(answer.text)]).toEqual([status, expect.stringContaining(said)]);
  expect(answer.text).not.toContain('<span lang="en">');
});

test('who signs in with a wrong password is told in the language of the browser, and the API answers in English whatever that is', async () => {
  await makeUserWithPassword(hub, 'wang');
  const browser = createBrowser(hub);
  await browser.post('hub/language', { lang: 'zh', next: '/hub/login' });
  expect(saidOn((await browser.post('hub/login', { username: 'wang', password: 'not this one' })).text)).toBe('用户名或密码不正确。');
  const token = makeToken(hub, hub.store.users.byName('wang' as never) as User);
  const answer = await browser.raw('delete', 'hub/api/users/wang/servers/none', { Authorization: `token ${token}`, 'Accept-Language': 'zh' });
  expect([answer.status, answer.body]).toEqual([400, { status: 400, message: 'Named servers are not enabled.' }]);
});
