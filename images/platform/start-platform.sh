#!/bin/bash
# Alone it is JupyterLab; a hub asks for the single-user program by a variable.
if [ "$JUPYTERLAB_STARTUP_MODE" = jupyterhub ]; then exec jupyterhub-singleuser "$@"; fi
exec jupyter-lab --ip="$JUPYTERLAB_SERVER_IP" --IdentityProvider.token="$JUPYTERLAB_SERVER_TOKEN" --ServerApp.base_url="$JUPYTERLAB_BASE_URL" --no-browser "$@"
