import { codeLines, forbiddenImports, readSource, sourceFiles } from './rules';

describe('who may import whom', () => {
  test('no file imports what its folder must not know', () => {
    expect(forbiddenImports(sourceFiles(), readSource)).toEqual([]);
  });

  test('the sources are looked at', () => {
    const files = sourceFiles();
    for (const file of ['hub/domain/access.ts', 'hub/store/store.ts', 'proxy/contract.ts', 'spawner/spawner.ts', 'auth/authenticator.ts']) expect(files).toContain(file);
  });

  test.each([
    ['hub/domain/bad.ts', "import { x } from '../store/store';", 'hub/store/store'],
    ['hub/domain/scopes/bad.ts', "import type { X } from '../../urls';", 'hub/urls'],
    ['hub/store/bad.ts', "import { x } from '../services/contract';", 'hub/services/contract'],
    ['hub/services/bad.ts', "import { x } from '../store/sqlite';", 'hub/store/sqlite'],
    ['hub/services/bad.ts', "import { x } from '../../proxy/decide';", 'proxy/decide'],
    ['hub/services/bad.ts', "import { x } from '../http/app';", 'hub/http/app'],
    ['hub/services/bad.ts', "import { x } from '../create-hub';", 'hub/create-hub'],
    ['hub/http/pages/bad.tsx', "import { x } from '../../store/store';", 'hub/store/store'],
    ['hub/http/bad.ts', "export { x } from '../../proxy/decide';", 'proxy/decide'],
    ['proxy/bad.ts', "const x = await import('../spawner/spawner');", 'spawner/spawner'],
    ['proxy/bad.ts', "import '../hub/services/contract';", 'hub/services/contract'],
    ['spawner/naming.ts', "import { x } from './docker/client';\nimport { y } from '../hub/store/store';", 'hub/store/store'],
    ['spawner/docker/bad.ts', "import { x } from '../../proxy/contract';", 'proxy/contract'],
    ['auth/password/bad.ts', "const x = require('../../hub/store/store');", 'hub/store/store'],
    ['views/pages/bad.tsx', "import { x } from '../../hub/services/contract';", 'hub/services/contract'],
    ['hub/urls.ts', "import { x } from './config';", 'hub/config'],
    ['hub/store/bad.ts', "import { x } from '../domain-of-mine/x';", 'hub/domain-of-mine/x'],
  ])('%s with %j is found', (file, text, target) => {
    expect(forbiddenImports([file], () => text)).toEqual([`${file} -> ${target}`]);
  });

  test.each([
    ['hub/domain/good.ts', "import { x } from './errors';"],
    ['hub/services/good.ts', "import type { X } from '../store/store';\nimport { y } from '../../proxy/route-table';"],
    ['hub/http/pages/good.tsx', "import { x } from '../../../views/pages/home';\nimport { u } from '../../urls';"],
    ['spawner/docker/good.ts', "import { x } from '../spawner';\nimport Docker from 'dockerode';"],
    ['hub/create-hub.ts', "import { x } from '../proxy/create-proxy';"],
  ])('%s with %j is fine', (file, text) => {
    expect(forbiddenImports([file], () => text)).toEqual([]);
  });
});

describe('size', () => {
  const MAX = 300;

  test(`no file has more than ${MAX} lines of code`, () => {
    expect(sourceFiles().map((file) => [file, codeLines(readSource(file))] as const).filter(([, lines]) => lines > MAX)).toEqual([]);
  });

  test('a file that is too long is found', () => {
    expect(codeLines(`/** why\n * it is so */\n\n// note\n${'x();\n'.repeat(301)}`)).toBe(301);
  });
});
