"""Creates users in bulk, starts their servers, follows each start and stops them. Only the REST API and the standard library."""
import json
import os
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

API = os.environ['JUPYTERHUB_API_URL']
TOKEN = os.environ['JUPYTERHUB_API_TOKEN']
COUNT = int(sys.argv[1])


def request(method, path, body=None, accept='application/json'):
    data = None if body is None else json.dumps(body).encode()
    ask = urllib.request.Request(API + path, data=data, method=method, headers={'Authorization': 'token ' + TOKEN, 'Accept': accept, 'Content-Type': 'application/json'})
    return urllib.request.urlopen(ask, timeout=60)


def call(method, path, body=None):
    with request(method, path, body) as answer:
        text = answer.read()
        return answer.status, json.loads(text) if text else None


def follow(name):
    """Events of a start, the last of which says how it ended."""
    events = []
    with request('GET', f'/users/{name}/server/progress', accept='text/event-stream') as stream:
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
    stopped, _ = call('DELETE', f'/users/{name}/server')
    _, after = call('GET', f'/users/{name}')
    return {
        'name': name,
        'started': started,
        'ready': events[-1].get('ready', False),
        'url': events[-1].get('url'),
        'progress': [event['progress'] for event in events],
        'server': running['servers']['']['ready'],
        'stopped': stopped,
        'left': after['servers'],
    }


names = [f'student-{i}' for i in range(COUNT)]
created, models = call('POST', '/users', {'usernames': names})
with ThreadPoolExecutor(4) as pool:
    lives = list(pool.map(life, names))
try:
    again, _ = call('POST', '/users', {'usernames': names})
except urllib.error.HTTPError as err:
    again = err.code
print(json.dumps({'created': created, 'names': [model['name'] for model in models], 'again': again, 'lives': lives}))
