const HEADER = 8;
const LONGEST_LINE = 2_000;
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_KEY/i;
/** A short value would blank half the log, and is no secret. */
const SHORTEST_SECRET = 8;

/** Lines of a log, Docker's frames of stdout and stderr taken away, each cut to a length that a page can show. */
export function plainLines(raw: Buffer): readonly string[] {
  const parts: Buffer[] = [];
  // A terminal's log has no frames; neither has an empty one.
  if (raw.length < HEADER || raw.readUInt8(0) > 2 || raw.readUIntBE(1, 3) !== 0) parts.push(raw);
  else for (let at = 0; at + HEADER <= raw.length; at += HEADER + raw.readUInt32BE(at + 4)) parts.push(raw.subarray(at + HEADER, at + HEADER + raw.readUInt32BE(at + 4)));
  const text = Buffer.concat(parts).toString('utf8');
  return text.split(/\r?\n/).map(cleanLine).filter((line) => line !== '');
}

/** Removes what would steer a terminal or hide text, and the tail of endless lines. */
export function cleanLine(line: string): string {
  const plain = line.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '');
  return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE)}…` : plain;
}

/** Values of the secret-looking variables among these `NAME=value`. */
export const secretsIn = (env: readonly string[]): readonly string[] =>
  env
    .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const)
    .filter(([key, value]) => SECRET_NAME.test(key) && value.length >= SHORTEST_SECRET)
    .map(([, value]) => value);

/** Blanks these values, and tokens in URLs. */
export const redact = (lines: readonly string[], secrets: readonly string[]): readonly string[] =>
  lines.map((line) => secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line).replace(/([?&]token=)[^&\s]+/g, '$1[secret]'));
