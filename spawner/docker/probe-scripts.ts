/** Python, because every Jupyter image has it and few have anything else that can open a socket. */
export const LISTENER = `
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 8888))
s.listen(16)
while True:
    c, _ = s.accept()
    c.close()
`;

/**
 * Prints one line of JSON: `control` (it can connect at all: to itself), `open` (indexes of targets that accepted), `may` (what else it
 * may do although it must not).
 */
export const PROBER = `
import json, os, socket
from concurrent.futures import ThreadPoolExecutor

def tcp(host, port):
    try:
        socket.create_connection((host, port), 2).close()
        return True
    except ConnectionRefusedError:
        # Something answered: the way is open, whoever listens there tomorrow.
        return True
    except OSError:
        return False

own = socket.socket()
own.bind(("127.0.0.1", 0))
own.listen(1)
control = tcp("127.0.0.1", own.getsockname()[1])
targets = json.loads(os.environ["TARGETS"])
may = []

def resolves():
    try:
        socket.getaddrinfo("example.com", 80)
        return True
    except OSError:
        return False

def raw(family):
    try:
        socket.socket(family, socket.SOCK_RAW, 1).close()
        return True
    except OSError:
        return False

with ThreadPoolExecutor(64) as pool:
    names = pool.submit(resolves)
    results = list(pool.map(lambda t: tcp(t["host"], t["port"]), targets))
    if names.result():
        may.append("names of the internet through DNS")
if raw(socket.AF_PACKET) or raw(socket.AF_INET):
    may.append("raw sockets")
status = open("/proc/self/status").read()
if "CapEff:\\t0000000000000000" not in status or "NoNewPrivs:\\t1" not in status:
    may.append("more privileges than none")
print(json.dumps({"control": control, "open": [i for i, r in enumerate(results) if r], "may": may}), flush=True)
`;
