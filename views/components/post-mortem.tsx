import type { Condition, KernelKill, PostMortem } from '../../hub/domain/post-mortem';
import { bytes, type MessageKey, type Translate } from '../i18n';
import { LogTail } from './server';
import { Time } from './time';

const SIGNALS = 128;

/** How it ended, in one sentence. */
export const endText = ({ cause, exitCode }: PostMortem, t: Translate): string => t(`end.cause.${cause}` satisfies MessageKey, { code: exitCode ?? '?', signal: exitCode === null ? '?' : exitCode - SIGNALS });

/** What to do about it. */
export function adviceText({ cause, memory }: PostMortem, t: Translate): string {
  if (cause === 'memory' && memory.limit === null) return t('end.advice.memoryOfHost');
  return t(`end.advice.${cause}` satisfies MessageKey, { peak: bytes(memory.peak ?? memory.limit ?? 0), limit: bytes(memory.limit ?? 0) });
}

/** Most that was seen of its memory, against its limit; null: nothing is known. */
export function memoryText({ memory: { peak, limit } }: PostMortem, t: Translate): string | null {
  if (peak === null) return null;
  return limit === null ? t('end.memoryUnlimited', { peak: bytes(peak) }) : t('end.memory', { peak: bytes(peak), limit: bytes(limit) });
}

export const kernelText = ({ at, limit }: KernelKill, t: Translate): string => {
  const time = `${at.toISOString().slice(11, 16)} UTC`;
  return limit === null ? t('kernel.killedByHost', { time }) : t('kernel.killed', { time, limit: bytes(limit) });
};

export interface ServerNews {
  readonly lastEnd: PostMortem | null;
  readonly kernelKilled: KernelKill | null;
  readonly condition: Condition;
}

/** What somebody has to know of a server that runs. */
export function RunningNews({ news, t }: { readonly news: ServerNews; readonly t: Translate }) {
  const { kernelKilled, condition } = news;
  return (
    <>
      {kernelKilled === null ? null : <p class="hint warn">{kernelText(kernelKilled, t)} {t('kernel.advice')}</p>}
      {condition.paused === undefined ? null : <p class="hint warn">{t('condition.paused')} <Time at={condition.paused} none="" /></p>}
      {condition.detached === undefined ? null : <p class="hint warn">{t('condition.detached')} <Time at={condition.detached} none="" /></p>}
    </>
  );
}

/** How a server ended: exit code, memory, the last lines, what to do. `brief`: without lines and advice, where the page has them already. */
export function PostMortemPanel({ end, t, brief = false }: { readonly end: PostMortem | null; readonly t: Translate; readonly brief?: boolean }) {
  if (end === null) return null;
  const memory = memoryText(end, t);
  return (
    <>
      <section class="panel" aria-labelledby="end">
        <h2 id="end">{t('end.title')}</h2>
        <p>{endText(end, t)} <Time at={end.at} none="" /></p>
        <dl class="facts">
          <dt>{t('end.exitCode')}</dt><dd>{end.exitCode ?? t('end.unknown')}</dd>
          {memory === null ? null : <><dt>{t('end.memoryLabel')}</dt><dd>{memory}</dd></>}
        </dl>
        {brief ? null : <p><strong>{t('end.adviceLabel')}</strong> {adviceText(end, t)}</p>}
      </section>
      {brief ? null : <LogTail lines={end.logTail} t={t} />}
    </>
  );
}
