# Settings that hold for every lab, whichever profile starts it. Address, port, base URL, token and
# working directory come from the hub, on the command line and in the environment.
c = get_config()  # noqa: F821

# Stopping and restarting belong to the hub: a lab that ends itself would look like a failure.
c.ServerApp.quit_button = False
c.ServerApp.open_browser = False
c.ServerApp.default_url = "/lab"
c.ServerApp.terminals_enabled = True
# Port retries would put the server on a port that the hub never asks.
c.ServerApp.port_retries = 0
# A deleted file is gone: the trash lies in the home volume and would silently fill it.
c.FileContentsManager.delete_to_trash = False

# A lab reaches no other host: asking for news or for extensions would only wait for a timeout. These stand here, not
# in a file of JupyterLab's own, because that one is not read when the hub starts `jupyter server`.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.collaborative = False
