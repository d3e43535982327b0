#!/bin/bash
# What the entrypoint of docker-stacks does for somebody who is not root: its folders of hooks, then the command.
set -e
echo "Entered start.sh with args: $*"
for hook in /usr/local/bin/start-notebook.d/*.sh /usr/local/bin/before-notebook.d/*.sh; do
  [ -f "$hook" ] && . "$hook"
done
[ $# -eq 0 ] && set -- bash
exec "$@"
