import type { ComponentChildren } from 'preact';
import { Fragment } from 'preact';
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';

/**
 * Markdown as components. Only its structure becomes markup: HTML in it is shown as the text it is, pictures as what they are called,
 * and links as text (R03). So the renderer escapes everything, as on every other page.
 */
export function Markdown({ text, level = 2 }: { readonly text: string; readonly level?: 2 | 3 }) {
  const tokens = tokensOf(text);
  return <div class="prose">{tokens === null ? <pre>{text}</pre> : blocks(tokens, level)}</div>;
}

/** More than anybody nests by hand, and more marks than a paragraph has that somebody wrote to be read. */
const DEEPEST = 60;
const MOST_MARKS = 400;
const FENCED = /^(```|~~~)[^\n]*\n[^]*?^\1/gm;

/** null: nobody wrote it to be read. The lexer takes the square of the marks in a paragraph, and the stack for what is nested (Q09). */
function tokensOf(text: string): readonly Token[] | null {
  const prose = text.replace(FENCED, '');
  const isNested = (line: string): boolean => (/^[\s>*+-]+/.exec(line)?.[0].replace(/\s/g, '').length ?? 0) > DEEPEST;
  const isMarked = (paragraph: string): boolean => (paragraph.match(/[_*~[\]`<\\]/g)?.length ?? 0) > MOST_MARKS;
  return prose.split('\n').some(isNested) || prose.split(/\n[ \t]*\n/).some(isMarked) ? null : lexer(text, { gfm: true });
}

const blocks = (tokens: readonly Token[], level: number): ComponentChildren => tokens.map((token, i) => <Fragment key={i}>{block(token as MarkedToken, level)}</Fragment>);
const inline = (tokens: readonly Token[] | undefined): ComponentChildren => tokens?.map((token, i) => <Fragment key={i}>{span(token as MarkedToken)}</Fragment>);

/** Headings of a notebook stand below those of the page around it. */
function heading({ depth, tokens }: Tokens.Heading, level: number): ComponentChildren {
  const Tag = `h${Math.min(6, depth + level - 1)}` as 'h2';
  return <Tag>{inline(tokens)}</Tag>;
}

function block(token: MarkedToken, level: number): ComponentChildren {
  switch (token.type) {
    case 'space': case 'def': return null;
    case 'heading': return heading(token, level);
    case 'paragraph': return <p>{inline(token.tokens)}</p>;
    case 'code': return <pre class="code"><code>{token.text}</code></pre>;
    case 'blockquote': return <blockquote>{blocks(token.tokens, level)}</blockquote>;
    case 'hr': return <hr />;
    case 'list': return <List token={token} level={level} />;
    case 'table': return <Table token={token} />;
    case 'html': return <p><code>{token.text.trim()}</code></p>;
    case 'br': case 'codespan': case 'del': case 'em': case 'escape': case 'image': case 'link': case 'strong': case 'text': return span(token);
    case 'list_item': return blocks(token.tokens, level);
  }
}

function List({ token: { ordered, start, items }, level }: { readonly token: Tokens.List; readonly level: number }) {
  const rows = items.map((item, i) => <li key={i}>{blocks(item.tokens, level)}</li>);
  return ordered ? <ol start={start === '' ? undefined : start}>{rows}</ol> : <ul>{rows}</ul>;
}

function Table({ token: { header, rows } }: { readonly token: Tokens.Table }) {
  const names = header.map(({ text }) => text);
  return (
    <div class="scroll">
      <table>
        <thead><tr>{header.map((cell, i) => <th key={i} scope="col">{inline(cell.tokens)}</th>)}</tr></thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k} data-label={names[k]}>{inline(cell.tokens)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function span(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'strong': return <strong>{inline(token.tokens)}</strong>;
    case 'em': return <em>{inline(token.tokens)}</em>;
    case 'del': return <del>{inline(token.tokens)}</del>;
    case 'codespan': return <code>{token.text}</code>;
    case 'br': return <br />;
    case 'link': return <Link token={token} />;
    case 'image': return <span class="hint">[{token.text}]</span>;
    case 'escape': return token.text;
    case 'text': return 'tokens' in token && token.tokens !== undefined ? inline(token.tokens) : plain(token.text);
    case 'html': case 'blockquote': case 'code': case 'def': case 'heading': case 'hr': case 'list': case 'list_item': case 'paragraph': case 'space': case 'table': return token.raw;
  }
}

const WEB = /^https?:\/\//i;

/** Pages of the hub never lead to an address that somebody else wrote (decision 004): it stands there to be read. */
function Link({ token: { href, text, tokens } }: { readonly token: Tokens.Link }) {
  return <>{inline(tokens)}{WEB.test(href) && href !== text ? <span class="hint"> ({href})</span> : null}</>;
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&nbsp;': '\u00a0' };
/** The few that people write; once, so that what comes out is never read again. */
const plain = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity);
