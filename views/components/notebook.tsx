import type { NotebookCell, NotebookPreview } from '../../hub/domain/notebook';
import type { Translate } from '../i18n';
import { Markdown } from './markdown';

/** A notebook to read: its words and its code. Outputs are not shown. */
export function Notebook({ notebook: { cells, more }, t }: { readonly notebook: NotebookPreview; readonly t: Translate }) {
  return (
    <div class="notebook">
      {cells.map((cell, i) => <Cell key={i} cell={cell} label={t('notebook.code', { number: i + 1 })} />)}
      {more === 0 ? null : <p class="hint">{t('notebook.more', { count: more })}</p>}
    </div>
  );
}

function Cell({ cell, label }: { readonly cell: NotebookCell; readonly label: string }) {
  return cell.kind === 'markdown' ? <Markdown text={cell.source} /> : <pre class="code" tabIndex={0} role="region" aria-label={label}><code>{cell.source}</code></pre>;
}
