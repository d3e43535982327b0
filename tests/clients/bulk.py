"""Creates users in bulk, lists them page by page, starts the servers of some, follows each start, stops them and removes everybody. Only the REST API and the standard library."""
import json
import os
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

API = os.environ['JUPYTERHUB_API_URL']
TOKEN = os.environ['JUPYTERHUB_API_TOKEN']
COUNT, SERVERS, PAGE = (int(text) for text in sys.argv[1:4])
PAGED = 'application/jupyterhub-pagination+json'


def request(method, url, body=None, accept='application/json'):
    data = None if body is None else json.dumps(body).encode()
    ask = urllib.request.Request(url, data=data, method=method, headers={'Authorization': 'token ' + TOKEN, 'Accept': accept, 'Content-Type': 'application/json'})
    return urllib.request.urlopen(ask, timeout=60)


def call(method, path, body=None):
    with request(method, API + path, body) as answer:
        text = answer.read()
        return answer.status, json.loads(text) if text else None


def status_of(method, path, body=None):
    try:
        return call(method, path, body)[0]
    except urllib.error.HTTPError as error:
        return error.code


def pages(query):
    """Names page by page; the address of the next one is used as the hub gave it."""
    url = f'{API}/users?{query}&limit={PAGE}'
    while url:
        with request('GET', url, accept=PAGED) as answer:
            page = json.loads(answer.read())
        yield [user['name'] for user in page['items']], page['_pagination']['total']
        following = page['_pagination']['next']
        url = following and following['url']


def follow(name):
    """Events of a start, the last of which says how it ended."""
    events = []
    with request('GET', f'{API}/users/{name}/server/progress', accept='text/event-stream') as stream:
        for line in stream:
            if line.startswith(b'data: '):
                events.append(json.loads(line[6:]))
                if events[-1].get('ready') or events[-1].get('failed'):
                    break
    return events


def life(name):
    started, _ = call('POST', f'/users/{name}/server')
    events = follow(name)
    _, running = call('GET', f'/users/{name}')
    again = status_of('POST', f'/users/{name}/server')
    stopped, _ = call('DELETE', f'/users/{name}/server')
    _, after = call('GET', f'/users/{name}')
    return {
        'name': name,
        'started': started,
        'ready': events[-1].get('ready', False),
        'url': events[-1].get('url'),
        'progress': [event['progress'] for event in events],
        'server': running['servers']['']['ready'],
        'again': again,
        'stopped': stopped,
        'left': after['servers'],
    }


names = [f'student-{i:03}' for i in range(COUNT)]
created, models = call('POST', '/users', {'usernames': names})
listed = list(pages('name_filter=student-'))
with ThreadPoolExecutor(4) as pool:
    lives = list(pool.map(life, names[:SERVERS]))
again = status_of('POST', '/users', {'usernames': names})
ready = [name for page, _ in pages('state=ready') for name in page]
with ThreadPoolExecutor(4) as pool:
    removed = list(pool.map(lambda name: status_of('DELETE', f'/users/{name}'), names))
left = [name for page, _ in pages('name_filter=student-') for name in page]
print(json.dumps({
    'created': created, 'names': [model['name'] for model in models], 'again': again, 'lives': lives, 'ready': ready,
    'pages': [len(page) for page, _ in listed], 'totals': sorted({total for _, total in listed}), 'listed': [name for page, _ in listed for name in page],
    'removed': sorted(set(removed)), 'left': left,
}))
