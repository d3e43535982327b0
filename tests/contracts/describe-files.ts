import { text } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { below, type FilePath } from '../../hub/domain/file-path';
import type { FolderPage } from '../../hub/domain/folder';
import type { VolumeRef } from '../../hub/domain/volume';
import type { Volumes } from '../../spawner/spawner';

export interface FilesUnderTest {
  readonly spawner: Volumes;
  readonly image: string;
  /** A volume that a server had, and one that belongs to a neighbour. */
  readonly volume: VolumeRef;
  readonly neighbour: VolumeRef;
  /** One that no server had. */
  readonly unmade: VolumeRef;
  /** Runs a script of `sh` in the folder of `volume`; the folder of the neighbour's is `$NEIGHBOUR`. */
  prepare(script: string): Promise<void>;
  /** Python that makes what no shell can. */
  python(script: string): Promise<void>;
  /** Goes on until it is ended. */
  during(script: string): Promise<() => Promise<void>>;
  /** What is left of readings, by name. */
  left(): Promise<readonly string[]>;
  readonly swaps: number;
  close(): Promise<void>;
}

const PREPARE = `
mkdir -p deep/er many && printf hello > plain.txt && : > empty && printf secret > "$NEIGHBOUR/theirs"
ln -s /etc/passwd passwd && ln -s / root && ln -s "$NEIGHBOUR" next && ln -s plain.txt inner && ln -s deep inside && ln -s . dot
mkfifo pipe && printf x > deep/er/x && ln plain.txt hard
head -c 300000 /dev/urandom > big
`;
const MAKE = `
import os, socket
for i in range(10000): open("many/f%05d" % i, "w").close()
os.makedirs("many/sub")
for name in ["a\\"'b.txt", "line\\nbreak", "tab\\t", "\\u00fc.txt", "\\\\..\\\\x", "%2e%2e", " space ", "<b>"]: open(name, "w").write(name)
open(b"bad\\xff", "w").close()
socket.socket(socket.AF_UNIX).bind("sock")
`;

/** As somebody may write them; `..\x` and `%2e%2e` are names of files here, and lead nowhere. */
const TRAVERSALS = ['..', '../', '../theirs', 'deep/../../theirs', 'deep/..', './plain.txt', '.', '/', '/etc/passwd', '//etc/passwd', 'deep//er', 'deep/', '..%2ftheirs', '%2e%2e/theirs', '..\\theirs', 'C:', 'C:\\x', 'plain.txt\0', 'plain.txt.', 'plain.txt ', '..\u2215theirs', '\uff0e\uff0e/theirs', 'x'.repeat(300)];

const signal = (): AbortSignal => new AbortController().signal;
const at = (path: string): FilePath => path as FilePath;

/** What every spawner keeps, wherever its volumes are. */
export function describeFiles(name: string, open: () => Promise<FilesUnderTest>): void {
  describe(`files contract: ${name}`, () => {
    let t: FilesUnderTest;
    beforeAll(async () => {
      t = await open();
      await t.prepare(PREPARE);
      await t.python(MAKE);
    });
    afterAll(() => t.close());
    afterEach(async () => expect(await t.left()).toEqual([]));

    const list = (path: string, offset = 0, limit = 100): Promise<FolderPage> => t.spawner.listFolder({ volume: t.volume, path: at(path) }, { image: t.image, signal: signal(), offset, limit });
    const read = (path: string) => t.spawner.readFile({ volume: t.volume, path: at(path) }, { image: t.image, signal: signal() });
    const tar = (path: string): Promise<Readable> => t.spawner.archiveFolder({ volume: t.volume, path: at(path) }, { image: t.image, signal: signal() });
    const refusal = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'no refusal', (err: unknown) => (err as { code?: string }).code);

    test('a folder is listed with kinds, sizes and times, folders first; a file is read as it is', async () => {
      const { entries, total, complete } = await list('');
      expect([total, complete]).toEqual([entries.length, true]);
      const kinds = Object.fromEntries(entries.map(({ name: entry, kind, bytes }) => [entry, [kind, bytes]]));
      expect(kinds).toMatchObject({ deep: ['folder', null], many: ['folder', null], 'plain.txt': ['file', 5], empty: ['file', 0], big: ['file', 300_000], passwd: ['link', null], root: ['link', null], next: ['link', null], inner: ['link', null], hard: ['file', 5], pipe: ['other', null], sock: ['other', null] });
      expect(entries.slice(0, 2).map(({ name: entry }) => entry)).toEqual(['deep', 'many']);
      for (const { modified } of entries.filter(({ kind }) => kind === 'file')) expect(Math.abs((modified?.getTime() ?? 0) - Date.now())).toBeLessThan(86_400_000);
      const file = await read('plain.txt');
      expect([file.bytes, await text(file.stream)]).toEqual([5, 'hello']);
      const empty = await read('empty');
      expect([empty.bytes, await text(empty.stream)]).toEqual([0, '']);
      expect(await text((await read('deep/er/x')).stream)).toBe('x');
      const big = await read('big');
      const hash = createHash('sha256');
      let length = 0;
      for await (const chunk of big.stream) {
        length += (chunk as Buffer).length;
        hash.update(chunk as Buffer);
      }
      expect([length, big.bytes]).toEqual([300_000, 300_000]);
    });

    test('L06: names with quotes, line breaks, umlauts and backslashes are listed as they are and can be read; one that is no text cannot', async () => {
      const { entries } = await list('');
      for (const odd of ['a"\'b.txt', 'line\nbreak', 'tab\t', 'ü.txt', '\\..\\x', '%2e%2e', ' space ', '<b>']) {
        expect(entries).toContainEqual(expect.objectContaining({ name: odd, kind: 'file' }));
        expect(await text((await read(below(at(''), odd) ?? 'none')).stream)).toBe(odd);
      }
      expect(entries.find(({ name: entry }) => entry.startsWith('bad'))).toMatchObject({ kind: 'other' });
    });

    test('L04: a folder with ten thousand files comes in pages, each name once', async () => {
      const seen = new Set<string>();
      for (let offset = 0; offset < 10_001; offset += 4_000) {
        const page = await list('many', offset, 4_000);
        expect(page).toMatchObject({ total: 10_001, complete: true });
        for (const { name: entry } of page.entries) seen.add(entry);
      }
      expect(seen.size).toBe(10_001);
      expect((await list('many', 0, 1)).entries).toEqual([expect.objectContaining({ name: 'sub', kind: 'folder' })]);
      expect((await list('many', 20_000, 10)).entries).toEqual([]);
    });

    test.each(TRAVERSALS)('L01: %j is refused or not found, as a file, a folder and an archive, even where nobody looked at it before', async (path) => {
      for (const work of [read, list, tar]) expect(['invalid-input', 'not-found']).toContain(await refusal(work(path)));
    });

    test('L02: a link is never followed: not as a file, not as a folder, not on the way, wherever it points', async () => {
      for (const link of ['passwd', 'inner', 'root/etc/passwd', 'next/theirs', 'inside/er/x', 'dot/plain.txt', 'dot/dot/plain.txt']) expect([link, await refusal(read(link))]).toEqual([link, 'invalid-input']);
      for (const link of ['root', 'next', 'inside', 'dot', 'root/etc']) {
        expect([link, await refusal(list(link))]).toEqual([link, 'invalid-input']);
        expect([link, await refusal(tar(link))]).toEqual([link, 'invalid-input']);
      }
    });

    test('L04: pipes, sockets and folders are refused as files, files as folders, and nothing waits for anybody', async () => {
      for (const odd of ['pipe', 'sock', 'deep', '']) expect([odd, await refusal(read(odd))]).toEqual([odd, 'invalid-input']);
      for (const odd of ['pipe', 'sock', 'plain.txt', 'plain.txt/x']) expect([odd, await refusal(list(odd))]).toEqual([odd, 'invalid-input']);
      for (const none of ['none', 'deep/none', 'deep/er/none/x']) {
        expect([none, await refusal(read(none))]).toEqual([none, 'not-found']);
        expect([none, await refusal(list(none))]).toEqual([none, 'not-found']);
      }
      expect(await refusal(t.spawner.listFolder({ volume: t.unmade, path: at('') }, { image: t.image, signal: signal(), offset: 0, limit: 1 }))).toBe('not-found');
    });

    test('L02: an archive of a folder is a whole tar that holds links as links and nothing from outside', async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await tar('')) chunks.push(chunk as Buffer);
      const all = Buffer.concat(chunks);
      expect([all.length % 512, all.subarray(-1024).every((byte) => byte === 0)]).toEqual([0, true]);
      expect(all.includes('hello')).toBe(true);
      expect([all.includes('root:x:0:0'), all.includes('secret')]).toEqual([false, false]);
      const stopped = await tar('');
      stopped.once('error', () => undefined);
      await new Promise<void>((resolve) => stopped.once('close', () => resolve()).destroy());
    });

    test('L02: a name that changes between a file and a link to outside, again and again, gives the file or a refusal and never what is outside', async () => {
      const end = await t.during(`
import os
while True:
    open("t1", "w").write("mine"); os.replace("t1", "swap")
    os.symlink("/etc/passwd", "t2"); os.replace("t2", "swap")
    os.mkdir("d1"); open("d1/passwd", "w").write("mine"); os.rename("d1", "way")
    os.rename("way", "d2"); os.symlink("/etc", "way"); os.remove("way"); os.remove("d2/passwd"); os.rmdir("d2")
`);
      const outcomes = new Map<string, number>();
      for (let i = 0; i < t.swaps; i++) {
        const path = i % 2 === 0 ? 'swap' : 'way/passwd';
        const outcome = await read(path).then(async ({ stream }) => text(stream), (err: unknown) => String((err as { code?: string }).code));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      await end();
      for (const outcome of outcomes.keys()) expect(['', 'mine', 'not-found', 'invalid-input', 'unavailable']).toContain(outcome);
    });
  });
}
