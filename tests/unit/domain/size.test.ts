import { demandSize, isSameSize, sizeAsked, sized } from '../../../hub/domain/size';
import { templateAsked, withoutTemplate } from '../../../hub/domain/template';

const GIB = 1024 ** 3;
const profile = (cpus: number | null, memoryBytes: number | null) => ({ slug: 'x', limits: { cpus, memoryBytes, pids: 100 } });

test('a size takes less than the profile has, never more, and leaves the rest as it is', () => {
  expect(sized(profile(4, 8 * GIB), { size: { cpus: 1, memory: 2 * GIB } })).toEqual({ slug: 'x', limits: { cpus: 1, memoryBytes: 2 * GIB, pids: 100 } });
  expect(sized(profile(4, 8 * GIB), { size: { cpus: 64, memory: 2 ** 50 } })).toEqual(profile(4, 8 * GIB));
  expect(sized(profile(null, null), { size: { cpus: 64 } })).toEqual(profile(64, null));
  for (const options of [null, {}, { size: null }, { size: 'large' }, { size: { cpus: '2', memory: NaN } }, { size: { cpus: -1, memory: 0 } }]) expect(sized(profile(4, GIB), options)).toEqual(profile(4, GIB));
});

test.each([[{ cpus: 5 }, 'CPUs: from 0.1 to 4'], [{ cpus: 0.01 }, 'CPUs'], [{ memory: 9 * GIB }, 'Memory: from 256 MiB to 8192 MiB'], [{ memory: 1024 }, 'Memory']])('%j is refused, with what there is', (size, words) => {
  expect(() => demandSize(profile(4, 8 * GIB), { size })).toThrow(expect.objectContaining({ code: 'invalid-input', message: expect.stringContaining(words) as string }));
});

test('what the profile has, and less, is taken; without a limit anything is', () => {
  for (const size of [{}, { cpus: 4, memory: 8 * GIB }, { cpus: 0.1, memory: GIB / 4 }]) expect(() => demandSize(profile(4, 8 * GIB), { size })).not.toThrow();
  expect(() => demandSize(profile(null, null), { size: { cpus: 900, memory: 2 ** 45 } })).not.toThrow();
  expect([isSameSize({ size: { cpus: 1 } }, { size: { cpus: 1 } }), isSameSize({ size: { cpus: 1 } }, null), sizeAsked({ size: { cpus: 1 } }).memory]).toEqual([true, false, undefined]);
});

test('a template is asked for by a text, and forgotten without the rest', () => {
  expect([templateAsked({ template: 'a' }), templateAsked({ template: 7 }), templateAsked(null)]).toEqual(['a', undefined, undefined]);
  expect([withoutTemplate({ template: 'a', profile: 'b' }), withoutTemplate(null)]).toEqual([{ profile: 'b' }, null]);
});
