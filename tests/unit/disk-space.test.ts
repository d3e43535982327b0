import { checkDisk, checkEngineDisk } from '../../hub/disk-space';

const GIB = 1024 ** 3;
/** `reserved` is free, but for root alone. */
const disk = (sizeGib: number, usedGib: number, reservedGib = 0) => async () => ({ bsize: 4096, blocks: (sizeGib * GIB) / 4096, bfree: ((sizeGib - usedGib) * GIB) / 4096, bavail: ((sizeGib - usedGib - reservedGib) * GIB) / 4096 });

test('J15: from eighty percent on, the disk of the volumes is an advice with what is left and what to do', async () => {
  expect(await checkDisk('/x', disk(100, 79))).toMatchObject({ name: 'disk', ok: true, level: 'advice', detail: expect.stringContaining('79 % full; 21.0 GiB are left') as string });
  expect(await checkDisk('/x', disk(100, 80))).toMatchObject({ ok: false, level: 'advice', detail: expect.stringContaining('docker system df') as string });
  expect(await checkDisk('/x', disk(100, 76, 5))).toMatchObject({ ok: false, detail: expect.stringContaining('80 % full; only 19.0 GiB') as string });
});

test('a disk that cannot be looked at is said so, and the real one can be', async () => {
  expect(await checkDisk('/nowhere/at/all')).toMatchObject({ ok: false, level: 'advice', detail: expect.stringContaining('ENOENT') as string });
  expect((await checkDisk('/')).detail).toMatch(/\d+ % full/);
});

test("O10: the disk with Docker's files has a row of its own where it is another one than the hub's, and none where it cannot be seen", async () => {
  expect(await checkEngineDisk('/proc', '/', disk(100, 96))).toEqual([expect.objectContaining({ name: 'docker-disk', ok: false, level: 'advice', detail: expect.stringContaining("The disk with Docker's files is 96 % full; only") as string })]);
  expect(await checkEngineDisk('/', '/', disk(100, 96))).toEqual([]);
  expect(await checkEngineDisk('/nowhere/at/all', '/', disk(100, 96))).toEqual([]);
  expect(await checkEngineDisk(null, '/', disk(100, 96))).toEqual([]);
});
