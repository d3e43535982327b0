#!/bin/bash
# Activates the environment, then runs the command in it.
export PATH="$CONDA_HOME/bin:$PATH"
exec "$@"
