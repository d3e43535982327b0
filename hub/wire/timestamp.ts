/** UTC, always with `Z`, and without a fraction when there is none (protocol, 3.1). */
export const timestamp = (at: Date | null): string | null => (at === null ? null : at.toISOString().replace('.000Z', 'Z'));
