import type { ComponentChildren } from 'preact';
import type { Shell } from '../layout';
import { Said } from './said';

interface PostProps {
  readonly shell: Shell;
  readonly action: string;
  readonly class?: string;
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** The answer is a file: the page stays, and the form can be sent again. */
  readonly file?: boolean;
  readonly children: ComponentChildren;
}

/** Every form that changes something: POST, with the token that binds it to this browser. */
export function Post({ shell, action, fields = {}, file, children, ...rest }: PostProps) {
  return (
    <form method="post" action={action} class={rest.class} data-file={file}>
      <input type="hidden" name="_xsrf" value={shell.xsrf} />
      {Object.entries(fields).map(([name, value]) => (value === undefined ? null : <input key={name} type="hidden" name={name} value={value} />))}
      {children}
    </form>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly name?: string;
  readonly value?: string;
  readonly autoComplete?: string;
  readonly hint?: string;
  readonly focus?: boolean;
  readonly maxLength?: number;
}

/** A label, its input and what helps to fill it in, tied together for assistive technology. */
export function Field({ id, label, type = 'text', name = id, hint, focus, ...input }: FieldProps) {
  const hintId = `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id} name={name} type={type} required value={input.value} autocomplete={input.autoComplete as AutoFill} maxLength={input.maxLength}
        autocapitalize={type === 'text' ? 'none' : undefined} spellcheck={false} aria-describedby={hint === undefined ? undefined : hintId} autofocus={focus}
      />
      {hint === undefined ? null : <p class="hint" id={hintId}>{hint}</p>}
    </div>
  );
}

type AutoFill = 'username' | 'current-password' | 'new-password' | 'off';

/** What went wrong with the form above or below; announced at once. */
export function Problem({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : <p class="note bad" role="alert"><Said text={text} /></p>;
}
