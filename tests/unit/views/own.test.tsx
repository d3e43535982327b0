import { NO_DETAILS, type LogEntry } from '../../../hub/domain/account';
import { effectivePolicy, NO_POLICY } from '../../../hub/domain/policy';
import { TOKEN_TASKS } from '../../../hub/domain/token-tasks';
import { createUrls } from '../../../hub/urls';
import { homeExhibits } from '../../../views/gallery/home';
import { NOW } from '../../../views/gallery/exhibit';
import { ownExhibits } from '../../../views/gallery/own';
import { translator } from '../../../views/i18n';
import type { Shell } from '../../../views/layout';
import { grantsOf } from '../../../views/components/grants';
import { accountPage } from '../../../views/pages/account';
import { activityPage } from '../../../views/pages/activity';
import { tokensPage } from '../../../views/pages/tokens';
import { renderPage } from '../../../views/render';

const shell: Shell = { lang: 'en', t: translator('en'), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, urls: createUrls('/'), asset: (file) => `/hub/static/${file}?v=1`, xsrf: 'token', viewer: { name: 'alice', admin: false }, flashes: [], here: '/hub/home', path: '/hub/home', now: NOW };
const EVIL = '"><img src=x onerror=alert(1)>\u202e';
const at = new Date('2026-03-04T05:06:07Z');
const entry: LogEntry = { id: 1, at, kind: 'servers', action: 'server.stop', result: 'ok', by: null, byKind: 'hub', target: 'server:alice/', address: null, about: '' };
const tokens = { tokens: [], applications: [], action: '/hub/token', tasks: TOKEN_TASKS.map((id) => ({ id, wide: false, chosen: false })), days: [7, null], given: { note: '', days: 7, scopes: '' }, secret: undefined, problem: undefined };
const token = { note: EVIL, scopes: [EVIL, 'inherit'], created: at, lastUsed: null, expires: null, revoke: '/hub/token/1/revoke' };

describe('what others wrote', () => {
  const pages = {
    tokens: tokensPage(shell, { ...tokens, tokens: [token], applications: [token], given: { note: EVIL, days: null, scopes: EVIL }, secret: EVIL, problem: EVIL }),
    activity: activityPage(shell, { user: EVIL, entries: [{ ...entry, action: EVIL, by: EVIL, byKind: 'user', target: `server:${EVIL}/${EVIL}`, address: EVIL, about: EVIL }], kind: undefined, next: null, first: true }),
    account: accountPage(shell, { ...NO_DETAILS, name: EVIL, created: at, admin: true, groups: [EVIL], realName: EVIL, email: EVIL, problem: EVIL }),
  };

  it.each(Object.entries(pages))('R03: is text on the %s page', (_name, page) => {
    const markup = renderPage(page);
    expect(markup).toContain('&lt;img');
    expect(markup).not.toContain('<img src=x');
  });
});

describe('the page of tokens', () => {
  it('follows changes, but not while it shows a secret that the next rendering would not have', () => {
    expect(renderPage(tokensPage(shell, tokens))).toContain('data-live="tokens');
    const fresh = renderPage(tokensPage(shell, { ...tokens, secret: 's3cret' }));
    expect([fresh.includes('data-live'), fresh.includes('<code class="secret" id="token">s3cret</code>'), fresh.includes('data-copy="token"')]).toEqual([false, true, true]);
  });

  it('says in words what a token may do, and keeps scopes that have no words', () => {
    const markup = renderPage(tokensPage(shell, { ...tokens, tokens: [{ ...token, note: 'x', scopes: ['access:servers!user', 'read:servers!user', 'custom:a:b'] }] }));
    expect(markup).toContain('<ul class="plain"><li>Open my servers</li></ul>');
    expect(markup).toContain('<code>custom:a:b</code>');
  });
});

describe('the page of activity', () => {
  const html = (more: Partial<LogEntry>): string => renderPage(activityPage(shell, { user: 'alice', entries: [{ ...entry, ...more }], kind: undefined, next: null, first: true }));

  it('names the server, says who, and does not repeat whose it is', () => {
    expect(html({})).toMatch(/Stopped a server.*<bdi>Default server<\/bdi>.*The hub/s);
    expect(html({ target: 'server:alice/gpu', byKind: 'self', by: 'alice' })).toMatch(/<bdi>gpu<\/bdi>.*>You</s);
    expect(html({ target: 'server:mei/gpu' })).toContain('<bdi>mei / gpu</bdi>');
    expect(html({ action: 'user.sign-in', target: 'user:alice', result: 'denied', byKind: 'anonymous' })).toMatch(/Sign-in.*denied.*Nobody who was signed in/s);
  });

  it('shows an action that has no words yet as it is called', () => {
    expect(html({ action: 'server.teleport' })).toContain('<code>server.teleport</code>');
  });
});

describe('what groups give', () => {
  it('is said with the groups that it comes from, and only that; values of variables are not shown', () => {
    const policy = effectivePolicy([
      { group: 'a', policy: { ...NO_POLICY, limits: { on: true, cpus: 0, memory: 1024 ** 3, servers: null }, environment: { on: true, variables: { KEY: 'secret' } } } },
      { group: 'b', policy: { ...NO_POLICY, limits: { on: true, cpus: 2, memory: 1024 ** 3, servers: null }, profiles: { on: true, allowed: ['large'] } } },
    ], { profiles: ['default'], servers: 5 });
    expect(grantsOf(policy, new Map([['large', 'Large']]), shell.t)).toEqual([
      { what: 'Profile Large', from: ['b'] }, { what: 'No limit of CPUs', from: ['a'] }, { what: '1.0 GiB of memory for each server', from: ['a', 'b'] }, { what: 'Variable KEY', from: ['a'] },
    ]);
  });
});

describe('every exhibit of one\'s own pages', () => {
  const exhibits = [...homeExhibits, ...ownExhibits].map((one) => [one.id, one] as const);
  const chinese: Shell = { ...shell, lang: 'zh', t: translator('zh') };

  it.each(exhibits)('%s has one heading, labels for what is filled in, and ids that are there once', (_id, { page }) => {
    const markup = renderPage(page(shell));
    expect(markup.match(/<h1>/g)).toHaveLength(1);
    const ids = [...markup.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of markup.matchAll(/<(?:input|select)(?![^>]*type="(?:hidden|radio|checkbox)")[^>]* id="([^"]+)"/g)) expect(markup).toContain(`for="${id}"`);
    expect(markup).not.toMatch(/ style="|onclick=|undefined|\[object/);
  });

  it.each(exhibits)('%s says nothing in English when it is asked for Chinese', (_id, { page }) => {
    // Refusals and reasons are the hub's own sentences, and what people wrote is theirs.
    const words = renderPage(page(chinese)).replace(/<p class="note bad" role="alert">.*?<\/p>/gs, ' ').replace(/read:\S+/g, ' ').replace(/<(script|style|title|code|bdi|pre|time|option)[^>]*>.*?<\/\1>/gs, ' ').replace(/<[^>]+>/g, ' ');
    const english = words.match(/\b(?:the|is|are|your|you|and|of|with|since|server|servers|not|from|for)\b/gi) ?? [];
    expect(english).toEqual([]);
  });
});
