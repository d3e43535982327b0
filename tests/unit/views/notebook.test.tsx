import { previewOf } from '../../../hub/domain/notebook';
import { Markdown } from '../../../views/components/markdown';
import { Notebook } from '../../../views/components/notebook';
import { translator } from '../../../views/i18n';
import { renderPage } from '../../../views/render';

const shown = (text: string): string => renderPage(<Markdown text={text} />).replace(/^<!doctype html>\s*/i, '');
const EVIL = '<img src=x onerror=alert(1)><script>alert(1)</script>';

test('headings, lists, tables and code become what they are, below the headings of the page', () => {
  expect(shown('# Title\n\nSome *words* and `code`\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|\n\n```\nx < 1\n```')).toBe(
    '<div class="prose"><h2>Title</h2><p>Some <em>words</em> and <code>code</code></p><ul><li>one</li><li>two</li></ul>'
    + '<div class="scroll"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td data-label="a">1</td><td data-label="b">2</td></tr></tbody></table></div>'
    + '<pre class="code"><code>x &lt; 1</code></pre></div>');
  expect(shown('a &amp; b &lt;i&gt; &amp;lt;')).toContain('a &amp; b &lt;i> &amp;lt;');
});

test.each([
  EVIL, `# ${EVIL}`, `- ${EVIL}`, `|${EVIL}|\n|-|\n|${EVIL}|`, `\`${EVIL}\``, `[${EVIL}](x)`, `![${EVIL}](x)`, `> ${EVIL}`, `<div>\n${EVIL}\n</div>`, `**${EVIL}**`, `~~~\n${EVIL}\n~~~`,
  '&lt;script&gt;alert(1)&lt;/script&gt;', '&#60;script&#62;alert(1)', '<svg/onload=alert(1)>', '<a href="javascript:alert(1)">x</a>',
])('R03: %s stays text', (text) => {
  const markup = shown(text);
  expect(markup).not.toMatch(/<(?:script|img|svg|a|iframe|style|link|object)\b/i);
  expect(markup.replace(/<\/?(?:div|h[1-6]|p|ul|li|ol|table|thead|tbody|tr|th|td|code|pre|span|strong|em|del|blockquote)(?: (?:class|scope|data-label)="[^"<]*")*>/g, '')).not.toContain('<');
});

test.each(['[a](javascript:alert(1))', '[a](JaVaScRiPt:x)', '[a](data:text/html,x)', '[a](//evil.example)', '<javascript:alert(1)>', '[a](https://evil.example/x "title")', 'https://evil.example', '[x]: https://evil.example\n\n[x]'])('R03: %s links nowhere', (text) => {
  expect(shown(text)).not.toContain('href');
});

test.each(['>'.repeat(20_000), `${'- '.repeat(9_000)}x`, '['.repeat(20_000), '*'.repeat(20_000), '`'.repeat(20_000), '<'.repeat(20_000), '\\'.repeat(20_000), '_a'.repeat(10_000), ' > '.repeat(6_000)])('Q09: nesting and repetition, text %#, is shown as it is and not taken apart', (text) => {
  expect(shown(text)).toMatch(/^<div class="prose"><(?:pre|p)>/);
});

test('what is odd in a notebook is left out, and outputs always are', () => {
  const cells = [{ cell_type: 'markdown', source: ['# A\n', 'b'] }, { cell_type: 'code', source: 'print(1)', outputs: [{ data: { 'text/html': EVIL } }] }, 7, null, { cell_type: 'x', source: [1, 'y'] }, { cell_type: 'code', source: { a: 1 } }];
  expect(previewOf({ nbformat: 4, cells, metadata: { language_info: { name: 'python' } } })).toEqual({
    language: 'python', more: 0,
    cells: [{ kind: 'markdown', source: '# A\nb' }, { kind: 'code', source: 'print(1)' }, { kind: 'raw', source: 'y' }, { kind: 'code', source: '' }],
  });
  for (const wrong of [null, 7, [], {}, { nbformat: 3, cells: [] }, { nbformat: 4 }]) expect(previewOf(wrong)).toBeUndefined();
  const many = previewOf({ nbformat: 4, cells: Array.from({ length: 250 }, () => ({ cell_type: 'code', source: 'x'.repeat(30_000) })) });
  expect([many?.cells.length, many?.more, (many?.cells.map(({ source }) => source.length).reduce((sum, n) => sum + n, 0) ?? 0) <= 400_000]).toEqual([200, 50, true]);
  expect(renderPage(<Notebook notebook={{ language: '', cells: [{ kind: 'code', source: EVIL }], more: 3 }} t={translator('en')} />)).toMatch(/&lt;img src=x.*3 more cells\./s);
});
