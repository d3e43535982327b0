import { readFileSync } from 'node:fs';
import path from 'node:path';

const { FILE, csv } = require(path.resolve(__dirname, '../../../scripts/sample-data.cjs')) as { readonly FILE: string; readonly csv: () => string };

test('the sample data in the tree is what its script writes, small, and plainly not of real companies', () => {
  const written = readFileSync(FILE, 'utf8');
  expect(csv()).toBe(written);
  expect(written.length).toBeLessThan(500_000);
  const rows = written.trim().split('\n').slice(1).map((line) => line.split(','));
  expect(rows).toHaveLength(7_830);
  expect(rows.every(([permno, date, ticker, price]) => /^900\d\d$/.test(permno ?? '') && /^2024-/.test(date ?? '') && /^SYN\d\d$/.test(ticker ?? '') && Number(price) > 0)).toBe(true);
});
