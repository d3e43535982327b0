"""Stops servers that nobody used for a while, and with --cull-users removes their owners: the requests that JupyterHub's idle culler makes, and no other.

One line of JSON for each removal, and one for each finished round."""
import argparse
import json
import os
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from urllib.parse import quote, urlencode

API = os.environ['JUPYTERHUB_API_URL'].rstrip('/')
HEADERS = {'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN'], 'Accept': 'application/jupyterhub-pagination+json'}


def yes(text):
    return text.lower() in ('1', 'true', 'yes')


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('--timeout', type=float, default=600)
    parser.add_argument('--cull-every', type=float, default=0)
    parser.add_argument('--max-age', type=float, default=0)
    parser.add_argument('--cull-users', action='store_true')
    parser.add_argument('--cull-admin-users', type=yes, default=True)
    parser.add_argument('--remove-named-servers', action='store_true')
    parser.add_argument('--api-page-size', type=int, default=0)
    parser.add_argument('--once', action='store_true')
    return parser.parse_args()


def ask(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=HEADERS), timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def fetched(url):
    status, text = ask('GET', url)
    if status != 200:
        raise SystemExit(f'{url}: {status} {text.decode()}')
    return json.loads(text)


def pages(query, size):
    """Every user of a state. The address of the next page is used as the hub gave it."""
    url = API + '/users?' + urlencode({**({'limit': size} if size else {}), **query})
    while url:
        page = fetched(url)
        if isinstance(page, list):
            yield from page
            return
        yield from page['items']
        following = page['_pagination']['next']
        url = following['url'] if following else None


def seconds_since(text, now):
    return None if not text else (now - datetime.fromisoformat(text.replace('Z', '+00:00'))).total_seconds()


def say(**what):
    print(json.dumps(what), flush=True)


class Round:
    def __init__(self, options):
        self.options = options
        self.now = datetime.now(timezone.utc)

    def overdue(self, idle, age):
        return (idle is not None and idle >= self.options.timeout) or (self.options.max_age > 0 and age is not None and age >= self.options.max_age)

    def server(self, user, key, server):
        """True: this server is gone."""
        server['url']
        if server['pending'] or not server['ready']:
            return False
        age = seconds_since(server.get('started'), self.now)
        idle = seconds_since(server['last_activity'], self.now)
        if not self.overdue(age if idle is None else idle, age):
            return False
        path, body = f'/users/{quote(user["name"])}/server', None
        if key != '':
            path = f'/users/{quote(user["name"])}/servers/{quote(server["name"])}'
            body = {'remove': True} if self.options.remove_named_servers else None
        return self.remove(path, body) == 204

    def remove(self, path, body=None):
        status, text = ask('DELETE', API + path, body)
        say(removed=path, status=status, **({'error': text.decode()} if status >= 400 else {}))
        return status

    def user(self, user):
        left = [key for key, server in user['servers'].items() if not self.server(user, key, server)]
        if not self.options.cull_users or left:
            return
        if user['admin'] and not self.options.cull_admin_users:
            return
        age = seconds_since(user.get('created'), self.now)
        idle = seconds_since(user['last_activity'], self.now)
        if self.overdue(age if idle is None else idle, age):
            self.remove('/users/' + user['name'])

    def run(self):
        version = tuple(int(part) for part in fetched(API + '/')['version'].split('.')[:2])
        states = (['inactive'] if self.options.cull_users else []) + ['ready']
        users = [user for state in states for user in pages({'state': state} if version >= (1, 3) else {}, self.options.api_page_size)]
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(self.user, users))
        say(round=len(users))


def main():
    options = arguments()
    while True:
        Round(options).run()
        if options.once:
            return
        time.sleep(options.cull_every or options.timeout / 2)


main()
