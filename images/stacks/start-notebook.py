#!/usr/bin/env python
"""As in docker-stacks: in a hub it becomes the single-user program, elsewhere it is JupyterLab."""
import os
import sys

if "JUPYTERHUB_API_TOKEN" in os.environ:
    os.execvp("start-singleuser.py", ["start-singleuser.py", *sys.argv[1:]])
os.execvp("jupyter", ["jupyter", os.environ.get("DOCKER_STACKS_JUPYTER_CMD", "lab"), *sys.argv[1:]])
