"""Runs in the notebook image: starts a lab as the image does and as the distribution does, asks both the same, and prints what differs and what worked as JSON."""
import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

HEADERS = {"authorization": "token secret"}
PATHS = [
    "", "api", "api/status", "lab", "lab/tree/x.ipynb", "tree", "api/contents", "api/contents/x.ipynb", "api/kernelspecs", "api/kernels", "api/sessions", "api/terminals", "api/spec.yaml",
    "api/config/notebook", "api/nbconvert", "lab/api/settings", "lab/api/settings/@jupyterlab/apputils-extension:themes", "lab/api/translations/", "lab/api/translations/default", "lab/api/workspaces",
    "lab/api/workspaces/default", "lab/api/listings/@jupyterlab/none.json", "lab/api/licenses/", "lab/api/extensions", "lab/api/build", "lab/extensions/@jupyter-widgets/jupyterlab-manager/package.json",
    "nbconvert/html/x.ipynb", "nbconvert/script/x.ipynb", "static/lab/index.html", "static/favicons/favicon.ico", "files/x.ipynb", "login", "nothing/here",
]
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"id": "a", "cell_type": "code", "metadata": {}, "source": "1 + 1", "outputs": [], "execution_count": None}]}


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(url, path, method="GET", body=None, headers=HEADERS):
    request = urllib.request.Request(url + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    try:
        answer = urllib.request.build_opener(Stay).open(request, timeout=30)
    except urllib.error.HTTPError as refused:
        answer = refused
    return answer.status, answer.headers.get("content-type"), answer.headers.get("location"), answer.read().decode(errors="replace")


def start(program, port, *more):
    log = open(f"/tmp/{port}.log", "w+")
    command = [program, "lab", "--ip=127.0.0.1", f"--port={port}", "--no-browser", "--ServerApp.base_url=/user/x/", "--ServerApp.root_dir=/home/jovyan/work", *more]
    lab = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "JUPYTER_TOKEN": "secret"})
    url = f"http://127.0.0.1:{port}/user/x/"
    for _ in range(1500):
        try:
            urllib.request.urlopen(url + "api", timeout=30).read()
            return lab, url
        except OSError:
            time.sleep(0.02)
    raise SystemExit(open(log.name).read())


def plain(text, url):
    """What differs between two labs of the same kind: where they are, when they were asked, and how often."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", "TIME", text.replace(url.split("/")[2], "HOST"))
    return re.sub(r'(?<=_xsrf" value=")[^"]*|(?<="store_id": )\d+', "-", text)


def loaded(port):
    return "JupyterLab extension loaded" in open(f"/tmp/{port}.log").read()


async def socket(url, path):
    return await websocket_connect(HTTPRequest(url.replace("http", "ws", 1) + path, headers=HEADERS))


async def kernel(url):
    kernel = json.loads(ask(url, "api/kernels", "POST", {})[3])["id"]
    channel = await socket(url, f"api/kernels/{kernel}/channels")
    header = {"msg_id": "1", "session": "s", "username": "u", "msg_type": "execute_request", "version": "5.3", "date": ""}
    await channel.write_message(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": {"code": "print(6 * 7)", "silent": False}}))
    while True:
        said = json.loads(await asyncio.wait_for(channel.read_message(), 60))
        if said["msg_type"] == "stream":
            return said["content"]["text"].strip()


async def terminal(url):
    name = json.loads(ask(url, "api/terminals", "POST", {})[3])["name"]
    channel = await socket(url, f"terminals/websocket/{name}")
    await channel.write_message(json.dumps(["stdin", "echo 6$((3 + 4)) $(command -v berth)\r"]))
    text = ""
    while "67 /usr/local/bin/berth" not in text:
        said = json.loads(await asyncio.wait_for(channel.read_message(), 60))
        text += said[1] if said[0] == "stdout" else ""
    return "67"


def main():
    os.makedirs("/home/jovyan/work", exist_ok=True)
    with open("/home/jovyan/work/x.ipynb", "w") as file:
        json.dump(NOTEBOOK, file)
    quick, url = start("jupyter", 8801)
    found = {"answeredBefore": not loaded(8801)}
    found["status"] = ask(url, "api/status")[0]
    found["pages"] = [ask(url, "lab")[0], loaded(8801)]
    slow, other = start("/usr/bin/jupyter", 8802)
    found["asked"] = len(PATHS)
    found["different"] = {path: [mine, theirs] for path in PATHS for mine, theirs in [[plain(str(ask(at, path)), at) for at in (url, other)]] if mine != theirs}
    found["strangers"] = [ask(url, path, headers={})[0] for path in ("api/status", "lab/api/settings", "api/contents", "api/terminals")]
    found["saved"] = [ask(url, "lab/api/settings/@jupyterlab/apputils-extension:themes", "PUT", {"raw": '{"theme": "JupyterLab Dark"}'})[0], "Dark" in ask(url, "lab/api/settings/@jupyterlab/apputils-extension:themes")[3]]
    found["kernel"], found["terminal"] = asyncio.run(kernel(url)), asyncio.run(terminal(url))
    third, alone = start("jupyter", 8803)
    # Nobody asks for a page: it is loaded all the same.
    for _ in range(500):
        if loaded(8803):
            break
        time.sleep(0.02)
    found["unasked"] = loaded(8803)
    for lab in (quick, slow, third):
        lab.terminate()
    found["ended"] = [lab.wait(30) for lab in (quick, slow, third)]
    os.makedirs("/home/jovyan/.jupyter", exist_ok=True)
    with open("/home/jovyan/.jupyter/jupyter_lab_config.py", "w") as file:
        file.write('c.ServerApp.default_url = "/lab/tree/mine"\nc.LabApp.default_url = "/lab/tree/mine"\n')
    own, at = start("jupyter", 8804)
    found["ownConfig"] = [loaded(8804), ask(at, "")[2]]
    own.terminate()
    own.wait(30)
    run = lambda *command: subprocess.run(command, capture_output=True, text=True, timeout=60).stdout  # noqa: E731
    found["others"] = [run("jupyter", *command) == run("/usr/bin/jupyter", *command) != "" for command in (["--version"], ["lab", "--version"], ["lab", "path"], ["lab", "--help"], ["kernelspec", "list"])]
    json.dump(found, sys.stdout)


main()
