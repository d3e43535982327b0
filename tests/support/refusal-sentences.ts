import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(__dirname, '../..');
/** What differs in a sentence; one for several that touch. */
export const HOLE = '{}';

/** A refusal in the sources, as its sentences with `{}` for what differs; none: it is not written there. */
export interface FoundRefusal {
  readonly file: string;
  readonly argument: string;
  readonly sentences: readonly string[];
}

export const sourcesIn = (folder: string): readonly string[] =>
  folder.endsWith('.ts') ? [folder] : readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? sourcesIn(`${folder}/${entry.name}`) : entry.name.endsWith('.ts') ? [`${folder}/${entry.name}`] : []));

const kept = new Map<string, ts.SourceFile>();
function parsed(file: string): ts.SourceFile {
  const source = kept.get(file) ?? ts.createSourceFile(file, readFileSync(path.join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  kept.set(file, source);
  return source;
}

function every<T extends ts.Node>(root: ts.Node, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

export const plain = (sentence: string): string => sentence.replace(/(?:\{\w*\})+/g, HOLE).trim();

/** All that an expression may say; undefined: it is not written here. */
function sayings(node: ts.Expression): readonly string[] | undefined {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return sayings(node.expression);
  if (ts.isTemplateExpression(node)) return [node.head.text + node.templateSpans.map(({ expression, literal }) => (constantOf(expression) ?? HOLE) + literal.text).join('')];
  if (ts.isConditionalExpression(node)) return both(node.whenTrue, node.whenFalse, (a, b) => [...a, ...b]);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) return both(node.left, node.right, (a, b) => a.flatMap((one) => b.map((other) => one + other)));
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) return sayings(node.right);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) return ['trim', 'slice'].includes(node.expression.name.text) ? sayings(node.expression.expression) : undefined;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return returned(node.getSourceFile(), node.expression.text);
  const constant = constantOf(node);
  return constant === undefined ? undefined : [constant];
}

function both(left: ts.Expression, right: ts.Expression, join: (a: readonly string[], b: readonly string[]) => readonly string[]): readonly string[] | undefined {
  const [a, b] = [sayings(left), sayings(right)];
  return a === undefined || b === undefined ? undefined : join(a, b);
}

const named = new WeakMap<ts.SourceFile, ReadonlyMap<string, ts.Expression>>();
/** What a file gives a name to. */
function made(source: ts.SourceFile, name: string): ts.Expression | undefined {
  const found = named.get(source) ?? new Map(every(source, ts.isVariableDeclaration).flatMap((node) => (node.initializer === undefined ? [] : [[node.name.getText(), node.initializer] as const])));
  named.set(source, found);
  return found.get(name);
}

/** A text that has a name in the same file. */
function constantOf(node: ts.Expression): string | undefined {
  const value = ts.isIdentifier(node) ? made(node.getSourceFile(), node.text) : undefined;
  return value !== undefined && ts.isStringLiteralLike(value) ? value.text : undefined;
}

/** What an arrow function of the same file makes. */
function returned(source: ts.SourceFile, called: string): readonly string[] | undefined {
  const maker = made(source, called);
  return maker !== undefined && ts.isArrowFunction(maker) && !ts.isBlock(maker.body) ? sayings(maker.body) : undefined;
}

/** `const invalid = (message) => new HubError(…, message)`: the sentences are where it is called. */
function throughMaker(argument: ts.Expression): readonly ts.Expression[] {
  if (!ts.isIdentifier(argument)) return [];
  for (let node: ts.Node = argument; node.parent !== undefined; node = node.parent) {
    if (!ts.isArrowFunction(node) && !ts.isFunctionDeclaration(node)) continue;
    const at = node.parameters.findIndex(({ name }) => name.getText() === argument.text);
    const maker = ts.isFunctionDeclaration(node) ? node.name?.text : ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : undefined;
    if (at !== -1 && maker !== undefined) return every(argument.getSourceFile(), ts.isCallExpression).filter(({ expression }) => expression.getText() === maker).flatMap(({ arguments: given }) => given[at] ?? []);
  }
  return [];
}

/** Every `new HubError` in a file. What comes from a page's catalogue is in the reader's language already. */
export function refusalsOf(file: string): readonly FoundRefusal[] {
  const thrown = every(parsed(file), ts.isNewExpression).filter(({ expression }) => expression.getText() === 'HubError');
  const said = thrown.flatMap(({ arguments: given }) => (given?.[1] === undefined ? [] : [given[1]])).flatMap((argument) => {
    const through = throughMaker(argument);
    return through.length === 0 ? [argument] : through;
  });
  return said.filter((argument) => !/^(?:x\.)?t\(/.test(argument.getText())).map((argument) => ({ file, argument: argument.getText(), sentences: (sayings(argument) ?? []).map(plain) }));
}

/** Every text of more than one word inside what has this name in a file: a function, a constant, a property. Those in the holes of others too. */
export function textsIn(file: string, name: string): readonly string[] {
  const isNamed = (node: ts.Node): node is ts.VariableDeclaration | ts.FunctionDeclaration | ts.PropertyAssignment =>
    (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isPropertyAssignment(node)) && node.name?.getText() === name;
  const isText = (node: ts.Node): node is ts.StringLiteralLike | ts.TemplateExpression => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
  return every(parsed(file), isNamed).flatMap((node) => every(node, isText)).flatMap((node) => sayings(node) ?? []).map(plain).filter((text) => /[a-z]{2}/.test(text) && text.includes(' '));
}

/** What the calls of a function get at one place. */
export const argumentsOf = (file: string, called: string, at: number): readonly string[] =>
  every(parsed(file), ts.isCallExpression).filter(({ expression }) => expression.getText() === called).flatMap(({ arguments: given }) => (given[at] === undefined ? [] : (sayings(given[at]) ?? []))).map(plain);
