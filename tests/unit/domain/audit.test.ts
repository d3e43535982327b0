import { AUDIT_FORMATS, csvCell, GENESIS, visible, type AuditRow } from '../../../hub/domain/audit';

const row: AuditRow = {
  id: 1, at: new Date(0), actorKind: 'user', actor: '=cmd()', actorId: 'u', via: 'cookie', credential: 's', address: '::1', requestId: 'r', action: 'token.create', target: 'user:a"b',
  result: 'ok', detail: { note: '+1' }, prev: GENESIS.hash, hash: 'f'.repeat(64),
};

describe('R04: a spreadsheet', () => {
  test.each(['=cmd()', '+1', '-1', '@sum', '\t=1', '\r=1', '\n=1', ' =1', '\u00a0=1', '\uff1d1', '\uff0b1', '\uff0d1', '\uff201', '\tx'])('never takes %j for a formula', (text) => {
    expect(csvCell(text)).toMatch(/^"'/);
  });

  test.each(['alice', 'user:=x', '', '1-2', '\u4f60\u597d'])('leaves %j as it is', (text) => {
    expect(csvCell(text)).toBe(`"${text}"`);
  });

  test('finds every field of a row in a cell of its own', () => {
    const line = AUDIT_FORMATS.csv.line(row);
    expect(line).toContain('"\'=cmd()"');
    expect(line).toContain('"user:a""b"');
    expect(line).toContain('"{""note"":""+1""}"');
    expect(line.endsWith('\r\n')).toBe(true);
    const cells = line.trim().slice(1, -1).split('","');
    expect(cells).toHaveLength(AUDIT_FORMATS.csv.head.trim().split(',').length);
  });
});

test('A16: one row is one line, and what is shown moves neither cursor nor reading direction', () => {
  const forged = { ...row, target: 'bob\r\n{"level":"info"}\u202e\u2028\u0000\u200b' };
  for (const format of ['csv', 'jsonl'] as const) expect(AUDIT_FORMATS[format].line(forged).trim().split(/[\r\n]/)).toHaveLength(1);
  expect(visible(forged.target)).toBe('bob??{"level":"info"}????');
});

test('a line of JSON has every field as it is kept', () => {
  expect(JSON.parse(AUDIT_FORMATS.jsonl.line(row))).toEqual({ ...row, at: '1970-01-01T00:00:00.000Z' });
});
