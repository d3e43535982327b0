import type { ComponentChildren } from 'preact';

interface MeterProps {
  readonly label: string;
  readonly value: number;
  /** null: there is none, and no bar. */
  readonly limit: number | null;
  /** The value and its limit in words; null: not known, which is not zero. */
  readonly text: string | null;
  /** True: it is what is left, and little of it is bad. */
  readonly left?: boolean;
}

const WARN = 0.8;
const BAD = 0.95;

/** An amount against its limit. Nothing is an empty bar, unknown is a dash. */
export function Meter({ label, value, limit, text, left = false }: MeterProps) {
  return (
    <div class="meter">
      <span>{label}</span>
      <span class="amount">{text ?? '–'}</span>
      {limit === null || text === null ? null : <meter min={0} max={limit} low={limit * (left ? 1 - BAD : WARN)} high={limit * (left ? 1 - WARN : BAD)} optimum={left ? limit : 0} value={Math.min(value, limit)} aria-label={`${label}: ${text}`} />}
    </div>
  );
}

const WIDTH = 100;
const HEIGHT = 24;

/** The shape of some values over time, oldest first; gaps (null) stay gaps. `label` says what it shows to whoever does not see it. */
export function Spark({ values, max, label }: { readonly values: readonly (number | null)[]; readonly max: number; readonly label: string }) {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : WIDTH;
  const y = (value: number): number => HEIGHT - 1 - (max > 0 ? Math.min(1, value / max) : 0) * (HEIGHT - 2);
  const path = values.map((value, i) => (value === null ? '' : `${i === 0 || values[i - 1] === null ? 'M' : 'L'}${(i * step).toFixed(1)} ${y(value).toFixed(1)}`)).join('');
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path} fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

/** What a list says while there is nothing in it: what belongs here, and how it gets here. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return <div class="empty"><strong>{title}</strong>{children}</div>;
}
