/** One line of what somebody pasted. */
export interface NewUserLine {
  /** Of the text, from 1. */
  readonly line: number;
  readonly name: string;
  readonly admin: boolean;
  readonly groups: readonly string[];
  /** It has more columns than there is a meaning for, or says neither yes nor no of being an administrator; null: it is understood. */
  readonly unclear: 'columns' | 'admin' | null;
}

const YES = new Set(['yes', 'y', 'true', '1', 'x', 'admin', '是']);
const NO = new Set(['', 'no', 'n', 'false', '0', '否']);
const HEADS = new Set(['name', 'user', 'username', '用户', '用户名']);

/**
 * Names, one per line, or CSV with `name,admin,groups`: with commas, semicolons or tabs between the columns, quoted where need be, and several
 * groups with `|` or `;` between them. A first line that names the columns, and empty ones, are passed over.
 */
export function parseNewUsers(text: string): readonly NewUserLine[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/).map((content, at) => ({ line: at + 1, content: content.trim() })).filter(({ content }) => content !== '');
  const separator = ['\t', ',', ';'].find((one) => lines.some(({ content }) => content.includes(one))) ?? ',';
  const [first] = lines;
  const headed = first !== undefined && HEADS.has((cells(first.content, separator)[0] ?? '').toLowerCase());
  return (headed ? lines.slice(1) : lines).map(({ line, content }) => {
    const [name = '', admin = '', groups = '', ...more] = cells(content, separator);
    const says = admin.toLowerCase();
    return {
      line, name, admin: YES.has(says), groups: groups.split(/[|;]/).map((group) => group.trim()).filter((group) => group !== ''),
      unclear: more.some((cell) => cell !== '') ? 'columns' : YES.has(says) || NO.has(says) ? null : 'admin',
    };
  });
}

/** A quote inside quotes is written twice; what is not closed ends with the line. */
function cells(text: string, separator: string): readonly string[] {
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const letter = text.charAt(i);
    if (quoted && letter === '"' && text.charAt(i + 1) === '"') {
      cell += '"';
      i += 1;
    } else if (letter === '"' && (quoted || cell.trim() === '')) {
      quoted = !quoted;
    } else if (letter === separator && !quoted) {
      found.push(cell.trim());
      cell = '';
    } else {
      cell += letter;
    }
  }
  return [...found, cell.trim()];
}
