import { request } from 'undici';
import { newId, type UserId } from '../../hub/domain/ids';
import { LABEL } from '../../spawner/labels';
import type { TestEngine } from '../support/test-engine';
import { containerOf, engine, eventually, inLab, pythonInLab, requestFor, SECRET, sleeper, startOptions, startReady, startTestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

let t: TestEngine;
beforeAll(async () => {
  t = await startTestEngine();
});
afterAll(() => t.close());

/** System calls by their numbers on x86-64: names that libc has no function for. */
const KERNEL = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(number, *args)
    print(name, "ok" if result >= 0 else os.strerror(ctypes.get_errno()))
def opened(name, path, mode):
    try:
        open(path, mode).read(1) if "r" in mode else open(path, mode).write("x")
        print(name, "ok")
    except OSError as error:
        print(name, error.strerror)
class Attr(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint), ("size", ctypes.c_uint), ("rest", ctypes.c_ulong * 14)]
call("getpid", 39)
call("add_key", 248, b"user", b"x", b"y", 1, -3)
call("keyctl", 250, 0, -3, 0)
call("bpf", 321, 0, ctypes.byref(Attr()), 72)
call("perf_event_open", 298, ctypes.byref(Attr(1, 112)), 0, -1, -1, 0)
call("userfaultfd", 323, 0)
call("mount", 165, b"none", b"/mnt", b"tmpfs", 0, 0)
call("unshare", 272, 0x10000000)
call("kexec_load", 246, 0, 0, 0, 0)
call("init_module", 175, 0, 0, b"")
call("open_by_handle_at", 304, -1, 0, 0)
opened("kcore", "/proc/kcore", "rb")
opened("sysrq", "/proc/sysrq-trigger", "w")
opened("sysctl", "/proc/sys/kernel/hostname", "w")
opened("sys", "/sys/kernel/uevent_helper", "w")
opened("keys", "/proc/keys", "rb") if os.path.getsize("/proc/keys") else print("keys Permission denied")
opened("memory", "/dev/mem", "rb")
`;

test('J11: what reaches into the kernel is refused or not there', async () => {
  const handle = await t.spawner.start(requestFor('prober', { profile: sleeper() }), startOptions());
  const answers = Object.fromEntries((await pythonInLab(handle, KERNEL)).split('\n').map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')]));
  // The way of asking works.
  expect(answers['getpid']).toBe('ok');
  const { getpid: _control, ...others } = answers;
  expect(Object.keys(others).length).toBeGreaterThan(13);
  expect(Object.entries(others).filter(([, answer]) => answer === 'ok' || answer === '')).toEqual([]);
  // Tracing its own processes is what a debugger does; there are no others to trace.
  expect(await pythonInLab(handle, 'import os; print(sorted({os.stat(f"/proc/{p}").st_uid for p in os.listdir("/proc") if p.isdigit()}))')).toBe('[1000]');
  expect((await inLab(handle, 'sh', '-c', 'find /sys/fs/cgroup -name release_agent -writable 2>/dev/null')).out).toBe('');
});
import { volumeOf } from '../support/volumes';

test('J14: a lab that burns every CPU gets its share and no more', async () => {
  const burn = ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait'];
  const handle = await t.spawner.start(requestFor('burner', { profile: sleeper({ argv: burn, limits: { cpus: 0.25, memoryBytes: 64 * 1024 ** 2, pids: 64 } }) }), startOptions());
  interface Usage { readonly read: string; readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number }; readonly throttling_data: { readonly throttled_periods: number } } }
  const usage = async (): Promise<Usage> => (await containerOf(handle).stats({ stream: false })) as unknown as Usage;
  const before = await usage();
  let after = before;
  // Long enough for a share to show: twenty periods of the scheduler in which it was held back.
  await eventually('it was held back', async () => ((after = await usage()).cpu_stats.throttling_data.throttled_periods - before.cpu_stats.throttling_data.throttled_periods) > 20, 60_000);
  const cpus = (after.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage) / ((Date.parse(after.read) - Date.parse(before.read)) * 1e6);
  expect(cpus).toBeLessThan(0.25 * 1.5);
  await t.spawner.stop(handle, { graceMs: 0 });
});

test('H14: an upload to a full volume is Jupyter\'s own error, and the server and another user\'s go on', async () => {
  const owner = newId<UserId>();
  const labels = { [LABEL.run]: t.run, [LABEL.instance]: t.settings.instance, [LABEL.user]: owner, [LABEL.purpose]: 'workspace', [LABEL.volume]: volumeOf(owner, 'workspace').id };
  await engine.createVolume({ Name: `${t.settings.namePrefix}full_workspace`, Driver: 'local', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,gid=100' }, Labels: labels });
  const full = requestFor('full', { ownerId: owner });
  const other = requestFor('other');
  const [{ handle, origin }, neighbour] = await Promise.all([startReady(t.spawner, full), startReady(t.spawner, other)]);
  const put = async (at: string, prefix: string, bytes: number): Promise<{ status: number; text: string }> => {
    const { statusCode, body } = await request(`${at}${prefix}api/contents/big.txt`, { method: 'PUT', headers: { authorization: `token ${SECRET}`, 'content-type': 'application/json' }, body: JSON.stringify({ type: 'file', format: 'text', content: 'x'.repeat(bytes) }) });
    return { status: statusCode, text: await body.text() };
  };
  const refused = await put(origin, full.prefix, 4 << 20);
  expect({ ...refused, text: /No space left|Unexpected error while saving file/.test(refused.text) }).toEqual({ status: 500, text: true });
  expect((await request(`${origin}${full.prefix}api/status`, { headers: { authorization: `token ${SECRET}` } })).statusCode).toBe(200);
  expect((await inLab(handle, 'sh', '-c', 'rm -f /home/jovyan/work/*')).code).toBe(0);
  expect((await put(origin, full.prefix, 10)).status).toBe(201);
  expect((await put(neighbour.origin, other.prefix, 4 << 20)).status).toBe(201);
});
