#!/usr/bin/env python3
"""Ends the build of an image whose parts are known to be weak. `MINIMUM` is what has no known hole; `ACCEPTED` is what a
distribution ships instead, with the reason why each hole leads nowhere behind this hub, and the day somebody looked."""
import re
import sys
from importlib import metadata

# name: (first version without a known hole, what the older ones have)
MINIMUM = {
    "jupyter_server": ("2.18", ["CVE-2026-35397", "CVE-2026-40110", "CVE-2026-40934", "nbconvert pages without sandbox"]),
    "jupyter_server_proxy": ("4.2", ["CVE-2022-21697", "CVE-2024-28179", "CVE-2024-35225"]),
    "jupyterhub": ("5.2", ["answers of another protocol version"]),
}

ACCEPTED = {
    ("jupyter_server", "2.15"): {
        "seen": "2026-11-21",
        "CVE-2026-35397": "paths beside the root: every file in a lab belongs to the one user whose requests reach it",
        "CVE-2026-40110": "origins by an unanchored pattern: the hub compares origins exactly before a byte goes on",
        "CVE-2026-40934": "cookies outlive a password: a lab has no password, and its cookies open nothing at the hub",
        "nbconvert pages without sandbox": "the hub's proxy adds the sandbox to these pages",
    },
}


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def weaknesses(installed):
    """Holes that nothing accepts, one line each; `installed` gives a version, or None for what is absent."""
    found = []
    for name, (minimum, holes) in MINIMUM.items():
        version = installed(name)
        if version is None or numbers(version) >= numbers(minimum):
            continue
        accepted = ACCEPTED.get((name, ".".join(map(str, numbers(version)[:2]))), {})
        found += [f"{name} {version}: {hole} (fixed in {minimum})" for hole in holes if hole not in accepted]
    return found


def version_of(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    weak = weaknesses(version_of)
    for line in weak:
        print(line, file=sys.stderr)
    sys.exit(1 if weak else 0)
