/** What somebody sent, as a message or a log line repeats it: the beginning, without what moves a cursor, a line or a reading direction (A16). */
export const shown = (text: string, most = 64): string => text.slice(0, most).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
