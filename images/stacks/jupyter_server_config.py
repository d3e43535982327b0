# The part of docker-stacks' own settings that meets what the hub asks for on the command line.
c = get_config()  # noqa: F821
c.ServerApp.ip = ""
c.ServerApp.open_browser = False
c.FileContentsManager.delete_to_trash = False
