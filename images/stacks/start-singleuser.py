#!/usr/bin/env python
"""As in docker-stacks: the single-user program, on every address."""
import os
import sys

os.execvp("jupyterhub-singleuser", ["jupyterhub-singleuser", "--ip=0.0.0.0", *sys.argv[1:]])
