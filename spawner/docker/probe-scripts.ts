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
 * Prints one line of JSON: `control` (it can connect at all: to itself), `ms` (the longest try of each row), `dns` and `may` (what else it
 * may do although it must not, in words). Then, in lines that no log cuts, a letter for each target: `o` open, `r` refused, `s` silent.
 */
export const PROBER = `
import json, os, socket, time
from concurrent.futures import ThreadPoolExecutor

def tcp(host, port):
    try:
        socket.create_connection((host, port), 2).close()
        return "o"
    except ConnectionRefusedError:
        # Something answered: the way is open, whoever listens there tomorrow.
        return "r"
    except OSError:
        return "s"

def timed(target):
    began = time.monotonic()
    return [tcp(target["host"], target["port"]), round((time.monotonic() - began) * 1000)]

def names():
    found = []
    for name in ("example.com", "metadata.google.internal"):
        try:
            socket.getaddrinfo(name, 80)
            found.append("names through DNS (" + name + ")")
        except OSError:
            pass
    return found

def datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    try:
        s.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7example\\3com\\0\\0\\1\\0\\1", ("8.8.8.8", 53))
        s.recv(512)
        return ["a name server of the internet over UDP"]
    except OSError:
        return []

def raw(family):
    try:
        socket.socket(family, socket.SOCK_RAW, 1).close()
        return True
    except OSError:
        return False

def privileges():
    may = []
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
    if raw(socket.AF_PACKET):
        may.append("raw packets (AF_PACKET)")
    if raw(socket.AF_INET):
        may.append("raw sockets (AF_INET)")
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        if int(status.get(name, "1"), 16) != 0:
            may.append("capabilities (" + name + ")")
    if status.get("NoNewPrivs") != "1":
        may.append("new privileges (NoNewPrivs)")
    if status.get("Seccomp") != "2":
        may.append("every system call (no seccomp filter)")
    if os.getuid() == 0 or os.geteuid() == 0:
        may.append("root inside the container")
    for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):
        if os.path.exists(path):
            may.append("the engine's socket at " + path)
    return may

own = socket.socket()
own.bind(("127.0.0.1", 0))
own.listen(1)
control = tcp("127.0.0.1", own.getsockname()[1]) == "o"
targets = json.loads(os.environ["TARGETS"])
with ThreadPoolExecutor(128) as pool:
    began = time.monotonic()
    named, sent = pool.submit(names), pool.submit(datagrams)
    tried = list(pool.map(timed, targets))
    dns = named.result() + sent.result()
    ms = {"outside": round((time.monotonic() - began) * 1000)}
for target, (_, took) in zip(targets, tried):
    ms[target["row"]] = max(took, ms.get(target["row"], 0))
print(json.dumps({"control": control, "ms": ms, "dns": dns, "may": privileges()}))
letters = "".join(result for result, _ in tried)
for at in range(0, len(letters), 1000):
    print("tried " + letters[at:at + 1000])
`;
