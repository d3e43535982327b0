# What bench/kit/jupyterhub.cjs starts: accounts without passwords, and servers that are on record only.
import json
import os

from jupyterhub.spawner import Spawner

told = json.loads(os.environ["BENCH"])


class Recorded(Spawner):
    """Its servers have always been running, where the benchmark's backend answers."""

    async def start(self):
        return ("127.0.0.1", told["backend"])

    async def poll(self):
        return None

    async def stop(self, now=False):
        pass


c = get_config()  # noqa: F821
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"boss"}
c.JupyterHub.spawner_class = Recorded
c.JupyterHub.db_url = "sqlite:////srv/bench/hub.sqlite"
c.JupyterHub.cookie_secret_file = "/srv/bench/cookie_secret"
c.JupyterHub.bind_url = f"http://127.0.0.1:{told['port']}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = told["hub"]
c.JupyterHub.log_level = "ERROR"
c.JupyterHub.api_tokens = {
    told["admin"]: "boss",
    told["own"]: "x",
    **{token: f"u{n}" for n, token in enumerate(told["owns"])},
    **{token: f"boss{n}" for n, token in enumerate(told["admins"])},
}
# Hashed once, like those that users get from it; others it hashes 16,384 times with each request.
c.JupyterHub.trust_user_provided_tokens = True
c.JupyterHub.concurrent_spawn_limit = 0
# The proxy comes from npm and runs beside the container.
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['api']}"
c.ConfigurableHTTPProxy.auth_token = told["admin"]
