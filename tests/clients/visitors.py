"""A service that knows its visitors by JupyterHub's own package: HubOAuthenticated for browsers, HubAuth for programs that ask on behalf of a token."""
import json
import os
import secrets
import signal
import sys
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import ioloop, web

PREFIX = os.environ['JUPYTERHUB_SERVICE_PREFIX']


class Visit(HubOAuthenticated, web.RequestHandler):
    def tell(self):
        self.write({'visitor': self.get_current_user(), 'cookies': sorted(self.request.cookies), 'xsrf': self.xsrf_token.decode()})

    @web.authenticated
    def get(self):
        self.tell()

    @web.authenticated
    def post(self):
        self.tell()


class Whose(web.RequestHandler):
    """Only the version of the class that knows nothing of browsers."""

    def check_xsrf_cookie(self):
        pass

    async def post(self):
        user = await HubAuth().user_for_token(self.request.body.decode(), use_cache=False, sync=False)
        self.write(json.dumps(user))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    handlers = [(PREFIX, Visit), (PREFIX + 'oauth_callback', HubOAuthCallbackHandler), (PREFIX + 'whose', Whose)]
    app = web.Application(handlers, cookie_secret=secrets.token_bytes(32), xsrf_cookies=True)
    at = urlsplit(os.environ['JUPYTERHUB_SERVICE_URL'])
    app.listen(at.port, at.hostname)
    ioloop.IOLoop.current().start()


main()
