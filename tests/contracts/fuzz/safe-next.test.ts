import fc from 'fast-check';
import { safeNext } from '../../../hub/http/safe-next';
import { effort, textOf } from '../../support/fuzz';

const PIECES = ['/', '/', '\\', '//', '.', '..', '@', ':', '?', '#', '%2f', '%5c', '%09', '%0d%0a', '\t', '\r', '\n', ' ', 'https:', 'http://', 'HTTPS://', 'javascript:', 'data:', 'evil.example', 'hub.test', 'https://hub.test', 'user:pw@', 'a', '\u2028', '\u3000', '\uff0f', '\u3002', ';', '[', ']', '[::1]', '%', '%u002f', '\u0000', 'jupyter/'];

test.each(['https://hub.test/', 'https://hub.test/jupyter/', 'http://hub.test:8000/'])('G07: below %s, whatever is asked for, the way leads to a path of ours', (publicUrl) => {
  const here = new URL(publicUrl);
  const fallback = `${here.pathname}hub/home`;
  const lead = fc.constantFrom('', '/', here.pathname, publicUrl, `${here.origin}/`);
  fc.assert(
    fc.property(lead, textOf(PIECES), (start, rest) => {
      const location = safeNext(start + rest, here, fallback);
      expect(location).toMatch(/^\/(?![/\\])/);
      expect(location.startsWith(here.pathname)).toBe(true);
      expect(location).not.toMatch(/[\u0000-\u0020\\]/);
      const landed = new URL(location, here);
      expect(landed.origin).toBe(here.origin);
      expect(landed.pathname.startsWith(here.pathname)).toBe(true);
      expect(safeNext(location, here, fallback)).toBe(location);
    }),
    effort(2_000),
  );
});
