"""Starts `jupyter lab` and `jupyter server` so that the server answers before JupyterLab's part of it was loaded.

The server's own API needs half of what is imported for a lab. The other half is loaded by the first request for anything else, before
that request is answered, or shortly after the server listens where nobody asks. Whatever is out of the ordinary, in the command, in the
configuration or among the extensions, is left to the distribution's own way of starting."""
import gc
import os
import re

# What changes only settings of the server itself. Everything else, subcommands and help included, may be JupyterLab's.
ORDINARY = re.compile(r"--no-browser|--(?:ip|port|port-retries|log-level|ServerApp\.(?!jpserver_extensions)\w+)=.*", re.DOTALL)
LAB = "jupyterlab"
# Extensions that neither build on JupyterLab nor are built on by it: its place in the order of loading means nothing to them.
INDEPENDENT = {"jupyter_server_terminals", "notebook_shim"}
# Long enough for whoever waits for the server to see that it answers, short enough for nobody to be here before.
SOON = 0.3


def main(argv):
    """Returns when this start is not an ordinary one."""
    command, *arguments = argv or [""]
    if command in ("lab", "server") and all(ORDINARY.fullmatch(argument) for argument in arguments) and not has_own_config():
        start(command == "lab", arguments)
        raise SystemExit(0)


def has_own_config():
    """Settings of JupyterLab in a file of their own may say anything of the server too, and are read with JupyterLab."""
    from jupyter_core.paths import jupyter_config_path

    return any(os.path.exists(os.path.join(folder, "jupyter_lab_config" + ending)) for folder in [os.getcwd(), *jupyter_config_path()] for ending in (".py", ".json", ".d"))


def start(lab, arguments):
    # A program that only grows has nothing to collect: a tenth of the time until it answers.
    gc.disable()
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

    class QuickServer(ServerApp):
        waits = False

        def init_server_extensions(self):
            wanted = self.jpserver_extensions
            enabled = {name for name, on in wanted.items() if on}
            self.waits = LAB in enabled and enabled - {LAB} <= INDEPENDENT
            if self.waits:
                self.jpserver_extensions = {name: on for name, on in wanted.items() if name != LAB}
            super().init_server_extensions()
            self.jpserver_extensions = wanted
            if lab:
                # What JupyterLab tells a server that it starts itself.
                self.update_config(Config({"ServerApp": {"default_url": self.config.get("LabApp", {}).get("default_url", "/lab"), "file_url_prefix": "/lab/tree"}}))

        def init_httpserver(self):
            super().init_httpserver()
            if not self.waits:
                return settle()
            find, own = self.web_app.find_handler, {self.base_url + path for path in ("api", "api/status")}

            def find_handler(request, **more):
                if request.path not in own:
                    self.load_lab()
                return find(request, **more)

            self.web_app.find_handler = find_handler
            self.io_loop.call_later(SOON, self.load_lab)

        def load_lab(self):
            if not self.waits:
                return
            self.waits = False
            del self.web_app.find_handler
            self.extension_manager.add_extension(LAB, enabled=True)
            self.extension_manager.link_extension(LAB)
            self.extension_manager.load_extension(LAB)
            settle()

    QuickServer.__name__ = ServerApp.__name__
    QuickServer.launch_instance(arguments, **({"jpserver_extensions": {LAB: True}} if lab else {}))


def settle():
    """All that was loaded stays: it is not looked through again at each collection."""
    gc.freeze()
    gc.enable()
