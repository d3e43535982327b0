import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { makeToken, makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startWorld, type ApiWorld } from './api-world';

let world: ApiWorld;
let home: string;
beforeEach(async () => {
  world = await startWorld();
  await mine()('post', '/users/alice/server').expect(201);
  await mine()('delete', '/users/alice/server').expect(204);
  home = await folderOf('home');
});
afterEach(() => world.hub.close());

const mine = () => world.as(world.alice, ['self']);
const folderOf = async (purpose: string): Promise<string> => {
  const volume = world.hub.store.volumes.listOf(world.alice.id).find((one) => one.purpose === purpose && one.state === 'active');
  return (volume === undefined ? null : await world.hub.spawner.engine.folderOf(volume)) ?? '';
};
const put = (name: string, content: string | Buffer = 'hello'): void => {
  fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
  fs.writeFileSync(path.join(home, name), content);
};
const q = (name: string): string => `?path=${encodeURIComponent(name)}`;

interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly raw: readonly string[];
  readonly body: Buffer;
}
/** Without a client that would be kind to names or bodies. */
async function get(target: string, token: string): Promise<Got> {
  const res = await new Promise<http.IncomingMessage>((resolve, reject) => http.get(`${world.hub.origin}/hub/api${target}`, { headers: { Authorization: `token ${token}` }, agent: false }, resolve).on('error', reject));
  return { status: res.statusCode ?? 0, headers: res.headers, raw: res.rawHeaders, body: Buffer.concat((await res.toArray()) as Buffer[]) };
}
const download = (name: string): Promise<Got> => get(`/users/alice/volumes/home/file${q(name)}`, makeToken(world.hub, world.alice, ['self']));
const audited = (action: string) => world.hub.store.audit.list({ offset: 0, limit: 200 }).filter((entry) => entry.action === action);

test('a folder is a page of names, a file comes as it is, and a folder as an archive, with the server off and on', async () => {
  put('b/notes.txt');
  put('a.txt', 'x');
  for (const running of [false, true]) {
    if (running) await mine()('post', '/users/alice/server').expect(201);
    const { body } = await mine()('get', '/users/alice/volumes/home/files').expect(200);
    expect(body).toEqual({ path: '', total: 2, complete: true, entries: [{ name: 'b', kind: 'folder', size: null, modified: expect.any(String) }, { name: 'a.txt', kind: 'file', size: 1, modified: expect.any(String) }] });
    expect((await mine()('get', '/users/alice/volumes/home/files?path=&offset=1&limit=1').expect(200)).body).toMatchObject({ total: 2, entries: [{ name: 'a.txt' }] });
    const file = await download('b/notes.txt');
    expect([file.status, file.body.toString(), file.headers['content-length']]).toEqual([200, 'hello', '5']);
    const tar = await get(`/users/alice/volumes/home/folder${q('b')}`, makeToken(world.hub, world.alice, ['self']));
    expect([tar.status, tar.headers['content-type'], tar.headers['content-disposition'], tar.body.includes('notes.txt'), tar.body.length % 512]).toEqual([200, 'application/x-tar', 'attachment; filename="b.tar"', true, 0]);
  }
  const id = world.hub.store.volumes.listOf(world.alice.id).find(({ purpose }) => purpose === 'home')?.id ?? '';
  await mine()('get', `/users/alice/volumes/${id}/files`).expect(200);
  await mine()('get', '/users/alice/volumes/shared/files').expect(404);
});

const TRAVERSALS = ['..', '../', '../x', '..%2fx', '%2e%2e/x', '%252e%252e%252fx', '..\\x', '/etc/passwd', '//etc/passwd', 'C:', 'C:\\x', 'a.txt%00', 'a/../../b', 'b/..', '.', 'b/', 'b//notes.txt', 'a.txt.', 'a.txt ', '..\u2215x', '\uff0e\uff0e/x', '....//x', '..;/x'];
test.each(TRAVERSALS)('L01: the path %j, as it stands and escaped once more, is 400 or 404 on every address and page that takes one', async (text) => {
  put('a.txt');
  put('b/notes.txt');
  fs.writeFileSync(path.join(home, '..', 'x'), 'outside');
  const browser = signedInAs(world.hub, world.alice);
  const page = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  for (const query of [q(text), `?path=${text.replace(/[^ -~]/g, encodeURIComponent).replace(/ /g, '+')}`]) {
    for (const verb of ['files', 'file', 'folder', 'notebook']) {
      const { status, body } = await get(`/users/alice/volumes/home/${verb}${query}`, makeToken(world.hub, world.alice, ['self']));
      expect([400, 404]).toContain(status);
      expect(body.toString()).not.toContain('outside');
    }
    for (const at of ['', '/view']) expect([400, 404]).toContain((await browser.raw('get', `hub/files/alice/home${at}${query}`, page)).status);
  }
});

test('L03: a volume is found by its id and its owner, never by the beginning of a name', async () => {
  const al = makeUser(world.hub, 'al');
  const as = world.as(al, ['self']);
  await as('post', '/users/al/server').expect(201);
  await as('delete', '/users/al/server').expect(204);
  put('secret.txt', 'of alice');
  const id = world.hub.store.volumes.listOf(world.alice.id).find(({ purpose }) => purpose === 'home')?.id ?? '';
  for (const verb of ['files', 'folder', 'file', 'notebook']) {
    await as('get', `/users/al/volumes/${id}/${verb}?path=secret.txt`).expect(404);
    await as('get', `/users/alice/volumes/home/${verb}?path=secret.txt`).expect(404);
    await as('get', `/users/al/volumes/home/${verb}?path=${encodeURIComponent('../secret.txt')}`).expect(400);
    await as('get', `/users/al/volumes/${id.slice(0, -1)}/${verb}`).expect(404);
  }
});

test('L05: whatever a file is, it is kept and never shown: attachment, no guessing, and a policy that allows nothing', async () => {
  for (const name of ['x.html', 'x.svg', 'x.pdf', 'x.xml', 'x.js', 'x', 'x.ipynb']) {
    put(name, '<script xmlns="http://www.w3.org/1999/xhtml">alert(document.domain)</script>');
    const { status, headers } = await download(name);
    expect([name, status, headers['content-type'], headers['x-content-type-options'], headers['content-security-policy'], headers['content-disposition']]).toEqual([name, 200, 'application/octet-stream', 'nosniff', "sandbox; default-src 'none'; frame-ancestors 'none'", `attachment; filename="${name}"`]);
  }
});

test('L06: a name with quotes, line breaks, umlauts or hundreds of letters goes into no header as it is', async () => {
  const long = 'n'.repeat(255);
  for (const [name, disposition] of [
    ['a"\r\nSet-Cookie: x=1.txt', `attachment; filename="a___Set-Cookie_ x_1.txt"; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3D1.txt`],
    ['ü.txt', `attachment; filename="_.txt"; filename*=UTF-8''%C3%BC.txt`],
    ["it's (1)*.txt", `attachment; filename="it_s _1__.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ['x;filename=evil.exe', `attachment; filename="x_filename_evil.exe"; filename*=UTF-8''x%3Bfilename%3Devil.exe`],
    [long, `attachment; filename="${long}"`],
  ] as const) {
    put(name);
    const { status, headers, raw } = await download(name);
    expect([status, headers['content-disposition'], headers['set-cookie']]).toEqual([200, disposition, undefined]);
    expect(raw.join('')).not.toMatch(/[\r\n]/);
  }
  await expect(download('n'.repeat(4_096))).resolves.toMatchObject({ status: 400 });
});

test('L02 L04: links, pipes and folders are refused as files; a link inside leads nowhere either', async () => {
  put('a.txt');
  fs.symlinkSync('/etc/passwd', path.join(home, 'passwd'));
  fs.symlinkSync('.', path.join(home, 'dot'));
  for (const name of ['passwd', 'dot/a.txt', 'dot']) expect([name, (await download(name)).status]).toEqual([name, 400]);
  await mine()('get', '/users/alice/volumes/home/files?path=dot').expect(400);
});

test('files of somebody else: nobody without that power, a program is written down, a person confirms first with the password', async () => {
  put('a.txt');
  const bob = makeUser(world.hub, 'bobby');
  await world.as(bob, ['self'])('get', '/users/alice/volumes/home/files').expect(404);
  await world.as(bob, ['self'])('get', '/users/alice/volumes/home/file?path=a.txt').expect(404);
  const root = makeUser(world.hub, 'chief', { admin: true });
  await world.as(root, ['admin:servers', 'read:users'])('get', '/users/alice/volumes/home/files').expect((res) => expect([403, 404]).toContain(res.status));
  expect(audited('volume.browse')).toHaveLength(0);
  const program = world.as(root, ['admin:servers', 'access:servers', 'read:users']);
  await program('get', '/users/alice/volumes/home/files').expect(200);
  await program('get', '/users/alice/volumes/home/file?path=a.txt').expect(200);
  expect([audited('volume.browse').length, audited('volume.read').length]).toEqual([1, 1]);
  const browser = signedInAs(world.hub, root);
  const page = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  await browser.raw('get', 'hub/files/alice/home', page).expect(302).expect('Location', /\/hub\/files\/alice$/);
  expect((await browser.raw('get', 'hub/files/alice', page).expect(200)).text).toContain('Look into the files of alice?');
  await browser.raw('get', 'hub/api/users/alice/volumes/home/file?path=a.txt').expect(403);
  expect(audited('volume.browse')).toHaveLength(1);
});

test('C12: a page of a server on the same origin reads neither files nor pages about them with the cookie alone', async () => {
  put('a.txt');
  const browser = signedInAs(world.hub, world.alice);
  const script = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };
  for (const at of ['api/users/alice/volumes/home/files', 'api/users/alice/volumes/home/file?path=a.txt', 'api/users/alice/volumes/home/notebook?path=a.txt', 'files/alice/home', 'files/alice/home/view?path=a.txt']) await browser.raw('get', `hub/${at}`, script).expect(403);
});

test('at most two downloads of one owner at a time; one that ends makes room, and so does a file that cannot be read', async () => {
  put('a.txt');
  const open: Readable[] = [];
  const real = world.hub.spawner.readFile;
  Object.assign(world.hub.spawner, { readFile: async () => {
    const stream = new Readable({ read: () => undefined });
    open.push(stream);
    stream.push('x');
    return { bytes: 5, modified: new Date(), stream };
  } });
  const root = makeToken(world.hub, makeUser(world.hub, 'chief', { admin: true }));
  const begin = (token: string): Promise<http.IncomingMessage> => new Promise((resolve, reject) => http.get(`${world.hub.origin}/hub/api/users/alice/volumes/home/file?path=a.txt`, { headers: { Authorization: `token ${token}` }, agent: false }, resolve).on('error', reject));
  const first = [await begin(makeToken(world.hub, world.alice, ['self'])), await begin(makeToken(world.hub, world.alice, ['self']))];
  const third = await begin(root);
  expect([...first, third].map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
  for (const res of first) res.on('error', () => undefined).destroy();
  await Promise.all(open.map((stream) => new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.once('close', () => resolve())))));
  Object.assign(world.hub.spawner, { readFile: real });
  for (let i = 0; i < 3; i++) expect((await download('none')).status).toBe(404);
  expect((await download('a.txt')).status).toBe(200);
});

test('pages: from the volumes down to a file, without a script; names are text, a notebook shows no markup of its own', async () => {
  put('<b>bold.txt', '<script>alert(1)</script>');
  put('deep/er/work.ipynb', JSON.stringify({ nbformat: 4, metadata: {}, cells: [{ cell_type: 'markdown', source: '# Hi <img src=x onerror=alert(1)>' }, { cell_type: 'code', source: 'x', outputs: [{ output_type: 'display_data', data: { 'text/html': '<b>no</b>', 'text/plain': 'yes' } }] }] }));
  put('bin.txt', Buffer.from([0, 1, 2]));
  const browser = signedInAs(world.hub, world.alice);
  const see = async (target: string): Promise<string> => (await browser.raw('get', target, { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }).expect(200)).text;
  expect(await see('hub/files')).toContain('href="/hub/files/alice/home"');
  const folder = await see('hub/files/alice/home');
  expect(folder).toContain('href="/hub/files/alice/home?path=deep"');
  expect(folder).toContain('&lt;b>bold.txt');
  expect(folder).not.toContain('<b>bold');
  expect(await see(`hub/files/alice/home/view${q('<b>bold.txt')}`)).toContain('&lt;script>alert(1)');
  const notebook = await see(`hub/files/alice/home/view${q('deep/er/work.ipynb')}`);
  expect(notebook).toContain('yes');
  expect(notebook).not.toMatch(/<img[^>]+onerror|<b>no/);
  expect(await see('hub/files/alice/home/view?path=bin.txt')).toContain('No preview');
  expect(await see('hub/files/alice/cache')).toContain('This folder is empty');
  const shown = (await mine()('get', `/users/alice/volumes/home/notebook${q('deep/er/work.ipynb')}`).expect(200)).body as { cells: unknown[] };
  expect(shown.cells[1]).toEqual({ kind: 'code', source: 'x', outputs: [{ kind: 'text', text: 'yes' }] });
  await mine()('get', '/users/alice/volumes/home/notebook?path=bin.txt').expect(400);
  put('large.ipynb', Buffer.alloc(4 * 1024 ** 2 + 1, 32));
  await mine()('get', '/users/alice/volumes/home/notebook?path=large.ipynb').expect(413);
});
