/** A time for people, to the minute: `2026-01-05 09:01 UTC`. */
export const momentText = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
