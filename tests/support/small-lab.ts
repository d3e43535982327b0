/** A program of Python that is to the hub what Jupyter is, within a tenth of a second. */
export const SMALL_LAB = `
import http.server, os
class Lab(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        own = self.headers.get('authorization') == 'token ' + os.environ['JUPYTER_TOKEN']
        self.send_response(200 if own or self.path == '{prefix}api' else 403)
        self.end_headers()
        self.wfile.write(b'{"version": "1"}')
    def log_message(self, *args):
        pass
print('serving', flush=True)
http.server.ThreadingHTTPServer(('0.0.0.0', {port}), Lab).serve_forever()
`;
