import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, effective, loadConfig, parseConfig } from '../../../hub/config';

const problems = (raw: unknown): readonly string[] => {
  try {
    parseConfig(raw, '/srv/hub');
    return [];
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
};
const TOKEN = 'a-service-token-of-some-length';

describe('services', () => {
  test('what is left out follows from the name, the address and the roles', () => {
    const { services } = parseConfig({ basePath: '/jupyter/', services: [{ name: 'desk', token: TOKEN, url: 'http://127.0.0.1:9999' }, { name: 'culler', command: ['cull', '--timeout=60'], cwd: 'tools', roles: ['keeper'] }], roles: [{ name: 'keeper', services: ['culler'] }, { name: 'admin', services: ['desk'] }] }, '/srv/hub');
    expect(services).toMatchObject([
      { name: 'desk', admin: true, roles: ['admin'], token: TOKEN, command: [], oauthClientId: 'service-desk', oauthRedirectUri: '/jupyter/services/desk/oauth_callback', oauthNoConfirm: false, display: true },
      { name: 'culler', admin: false, roles: ['keeper'], token: null, url: null, command: ['cull', '--timeout=60'], cwd: '/srv/hub/tools', oauthRedirectUri: null },
    ]);
  });

  test.each([
    [{ services: [{ name: 'a b' }] }, 'services.0.name: expected 1 to 64 letters and digits'],
    [{ services: [{ name: 'x', token: 'short' }] }, 'services.0.token: expected at least 16 characters'],
    [{ services: [{ name: 'x', url: 'file:///etc/passwd' }] }, 'services.0.url: expected an http address'],
    [{ services: [{ name: 'x', command: 'rm -rf /' }] }, 'services.0.command'],
    [{ services: [{ name: 'x', apiToken: TOKEN }] }, 'services.0.apiToken: no such setting'],
    [{ services: [{ name: 'x', oauthClientId: 'jupyterhub-user-alice' }] }, 'services.0.oauthClientId: expected service-'],
    [{ services: [{ name: 'x' }, { name: 'x' }] }, 'services.x: another service has the same name'],
    [{ services: [{ name: 'x', token: TOKEN }, { name: 'y', token: TOKEN }] }, 'services.y: another service has the same token'],
    [{ services: [{ name: 'x', token: TOKEN, tokenFile: 'f' }] }, 'services.x: token and tokenFile are both set'],
    [{ services: [{ name: 'x', cwd: '/' }] }, 'services.x: cwd and environment are for what the hub runs'],
    [{ services: [{ name: 'x', roles: ['keeper'] }] }, 'services.x.roles: there is no role keeper'],
    [{ roles: [{ name: 'keeper', services: ['x'] }] }, 'roles.keeper.services: there is no service x'],
    [{ roles: [{ name: 'Keeper' }] }, 'roles.0.name: expected 3 to 255 characters'],
    [{ roles: [{ name: 'keeper', scopes: ['list:everything'] }] }, "roles.keeper.scopes: Unknown scope: 'list:everything'"],
    [{ roles: [{ name: 'keeper', scopes: ['custom:mine'] }] }, "roles.keeper.scopes: Unknown scope: 'custom:mine'"],
    [{ roles: [{ name: 'keeper' }, { name: 'keeper' }] }, 'roles: keeper is there more than once'],
    [{ roles: [{ name: 'admin', scopes: ['self'] }] }, 'roles.admin: its scopes and its description cannot be changed'],
    [{ roles: [{ name: 'admin', groups: ['lab'] }] }, 'roles.admin.groups: administrators are named one by one'],
    [{ groups: [{ name: 'lab', roles: ['keeper'] }] }, 'groups.lab.roles: there is no role keeper'],
    [{ customScopes: { 'my:scope': { description: 'x' } } }, "customScopes: Invalid custom scope name: 'my:scope'"],
    [{ customScopes: { 'custom:mine': { description: ' ' } } }, 'customScopes: Custom scope custom:mine needs a description'],
    [{ customScopes: { 'custom:mine': { description: 'x', subscopes: ['admin:users'] } } }, 'customScopes: Custom scope custom:mine may imply declared custom scopes only'],
  ])('D21: %j is refused before anything starts', (raw, expected) => {
    expect(problems(raw).join('\n')).toContain(expected);
  });

  test('B14 R08: a token may come from a file of the hub\'s own account, and is never shown', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'berth-token-'));
    const [file, config] = [path.join(folder, 'desk'), path.join(folder, 'hub.config.json')];
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    writeFileSync(config, JSON.stringify({ services: [{ name: 'desk', tokenFile: 'desk', command: ['x'], environment: { KEY: 'hush' } }] }));
    const loaded = loadConfig({ HUB_CONFIG_FILE: config, HUB_DUMMY_PASSWORD: 'everybody' }, folder);
    expect(loaded.config.services[0]?.token).toBe(TOKEN);
    const shown = JSON.stringify(effective(loaded.config, loaded.sources));
    for (const secret of [TOKEN, 'hush', 'everybody']) expect(shown).not.toContain(secret);
    chmodSync(file, 0o644);
    expect(() => loadConfig({ HUB_CONFIG_FILE: config }, folder)).toThrow('services.0.tokenFile: other accounts may use');
    rmSync(folder, { recursive: true });
  });
});

describe('the dummy authenticator', () => {
  const dummy = { authenticator: 'dummy', dummy: { password: 'hello' } };

  test('is for this machine, unless it is said in as many words', () => {
    expect(problems(dummy)).toEqual([]);
    for (const more of [{ publicUrl: 'https://hub.example.org/' }, { origins: ['http://10.0.0.5:8000'] }, { listen: { host: '0.0.0.0' } }]) {
      expect(problems({ ...dummy, ...more }).join('\n')).toContain('set dummy.allowPublic (HUB_DUMMY_ALLOW_PUBLIC)');
      expect(problems({ ...more, authenticator: 'dummy', dummy: { password: 'hello', allowPublic: true } })).toEqual([]);
      expect(problems(more)).toEqual([]);
    }
  });

  test('needs its password', () => {
    expect(problems({ authenticator: 'dummy' }).join('\n')).toContain('dummy.password (HUB_DUMMY_PASSWORD): the dummy authenticator needs the password');
  });
});
