import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../hub/store/create-store';
import { describeAudit } from './describe-audit';
import { describeShares } from './describe-shares';
import { describeStore } from './describe-store';

const directory = mkdtempSync(join(tmpdir(), 'store-contract-'));
let n = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeStore('in memory', () => openStore(':memory:'));
describeStore('in a file', () => openStore(join(directory, `${(n += 1)}`, 'hub.sqlite')));

describeAudit('in memory', () => openStore(':memory:'));
describeAudit('in a file', () => openStore(join(directory, `${(n += 1)}`, 'hub.sqlite')));

describeShares('in memory', () => openStore(':memory:'));
describeShares('in a file', () => openStore(join(directory, `${(n += 1)}`, 'hub.sqlite')));
