import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lookInside, notify, type LabAddress } from '../../spawner/lab-api';

let server: Server;
let lab: LabAddress;
let answers: Readonly<Record<string, { readonly status?: number; readonly body: string }>>;
let seen: string[];

const readAll = async (req: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
};

beforeEach(async () => {
  seen = [];
  server = createServer((req, res) => {
    void readAll(req).then((body) => {
      seen.push(`${req.method} ${req.url} ${req.headers.authorization}${body === '' ? '' : ` ${body}`}`);
      const answer = answers[(req.url ?? '').replace('/user/alice/', '')] ?? { status: 404, body: '{}' };
      res.writeHead(answer.status ?? 200, { Date: 'Mon, 05 Jan 2026 12:00:00 GMT' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lab = { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, prefix: '/user/alice/', scheme: 'token', secret: 's3cret', signal: AbortSignal.timeout(5_000) };
});
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

const list = (...rows: readonly object[]): { readonly body: string } => ({ body: JSON.stringify(rows) });

describe('M14: what a server says about itself', () => {
  it('M14: a kernel that runs a cell is named by its notebook; times are counted on the server\'s own clock', async () => {
    answers = {
      'api/kernels': list({ id: 'k1', name: 'python3', execution_state: 'busy', last_activity: '2026-01-05T11:00:00.000000Z' }, { id: 'k2', name: 'ir', execution_state: 'idle', last_activity: '2026-01-05T11:59:00Z' }),
      'api/sessions': list({ path: 'a/train.ipynb', kernel: { id: 'k1' } }),
      'api/terminals': list({ name: '1', last_activity: '2026-01-05T11:30:00Z' }),
    };
    expect(await lookInside(lab)).toEqual({
      kernels: [{ id: 'k1', name: 'python3', busy: true, path: 'a/train.ipynb', quietMs: 3_600_000 }, { id: 'k2', name: 'ir', busy: false, path: null, quietMs: 60_000 }],
      terminals: [{ quietMs: 1_800_000 }],
    });
    expect(seen.toSorted()).toEqual(['GET /user/alice/api/kernels token s3cret', 'GET /user/alice/api/sessions token s3cret', 'GET /user/alice/api/terminals token s3cret']);
  });

  it('M14: kernels in other states, or none, run nothing', async () => {
    answers = { 'api/kernels': list({ id: 'a', execution_state: 'starting' }, { id: 'b', execution_state: 'dead' }, { id: 'c' }) };
    expect((await lookInside(lab)).kernels.map(({ busy, quietMs }) => [busy, quietMs])).toEqual([[false, null], [false, null], [false, null]]);
  });

  it('M14: a server without terminals and sessions is asked for its kernels alone', async () => {
    answers = { 'api/kernels': list({ id: 'k1', name: 'python3', execution_state: 'busy' }), 'api/sessions': { status: 500, body: 'no' } };
    expect(await lookInside(lab)).toEqual({ kernels: [expect.objectContaining({ busy: true, path: null })], terminals: [] });
  });

  it.each([
    [403, '{}'],
    [200, 'not JSON'],
    [200, '{"message":"no list"}'],
    [200, `["${'x'.repeat(1_100_000)}"]`],
  ])('M14: an answer of %i that is no list of kernels is not the same as idle', async (status, body) => {
    answers = { 'api/kernels': { status, body } };
    await expect(lookInside(lab)).rejects.toThrow();
  });

  it('rows that are not what Jupyter writes harm nobody', async () => {
    answers = { 'api/kernels': { body: '[null, 7, "x", [], {"id": {}, "execution_state": "busy", "last_activity": 9}]' }, 'api/sessions': { body: '[{"path": 7}, {"kernel": null}, null]' } };
    expect(await lookInside(lab)).toMatchObject({ kernels: [{ id: '', busy: true, path: null, quietMs: null }] });
  });
});

describe('a message for the people in a lab', () => {
  const INGEST = 'jupyterlab-notifications-extension/ingest';

  it('is given to the extension in its own form, with the server\'s secret', async () => {
    answers = { [INGEST]: { body: '{}' } };
    expect(await notify(lab, { message: 'Stops 18:40', type: 'warning', autoClose: false })).toBe(200);
    expect(seen).toEqual([`POST /user/alice/${INGEST} token s3cret ${JSON.stringify({ message: 'Stops 18:40', type: 'warning', autoClose: false, actions: [{ label: 'Dismiss', caption: 'Dismiss this notification', displayType: 'default' }] })}`]);
  });

  it('says what the lab answered, and shows a token of the hub as one', async () => {
    answers = {};
    expect(await notify({ ...lab, scheme: 'Bearer' }, { message: 'x', type: 'in-progress', autoClose: 5_000 })).toBe(404);
    expect(seen[0]).toMatch(/ Bearer s3cret .*"type":"in-progress","autoClose":5000,/);
  });

  it('is rejected where nobody answers', async () => {
    await expect(notify({ ...lab, origin: 'http://127.0.0.1:9' }, { message: 'x', type: 'info', autoClose: true })).rejects.toThrow();
  });
});
