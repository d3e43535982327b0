import type { CellOutput, NotebookCell, NotebookPreview } from '../../hub/domain/notebook';
import type { Translate } from '../i18n';
import { Markdown } from './markdown';

/** A notebook to read: its words, its code, and of its outputs what is no markup. */
export function Notebook({ notebook: { cells, more }, t }: { readonly notebook: NotebookPreview; readonly t: Translate }) {
  return (
    <div class="notebook">
      {cells.map((cell, i) => <Cell key={i} cell={cell} number={i + 1} t={t} />)}
      {more === 0 ? null : <p class="hint">{t('notebook.more', { count: more })}</p>}
    </div>
  );
}

interface Of {
  readonly number: number;
  readonly t: Translate;
}

function Cell({ cell, number, t }: Of & { readonly cell: NotebookCell }) {
  if (cell.kind === 'markdown') return <Markdown text={cell.source} />;
  return (
    <>
      <pre class="code" tabIndex={0} role="region" aria-label={t('notebook.code', { number })}><code>{cell.source}</code></pre>
      {cell.outputs?.map((output, i) => <Output key={i} output={output} number={number} t={t} />)}
    </>
  );
}

function Output({ output, number, t }: Of & { readonly output: CellOutput }) {
  if (output.kind === 'left-out') return <p class="hint">{t('notebook.leftOut')}</p>;
  if (output.kind === 'image') return <img class="output" src={`data:${output.type};base64,${output.data}`} alt={t('notebook.image', { number })} />;
  return output.text === '' ? null : <pre class={output.kind === 'error' ? 'output bad' : 'output'} tabIndex={0} role="region" aria-label={t('notebook.output', { number })}>{output.text}</pre>;
}
