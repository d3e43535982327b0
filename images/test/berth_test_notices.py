"""The protocol of jupyterlab_notifications_extension, as far as a hub speaks it: what is sent to `ingest` can be fetched from `notifications`."""
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

KEPT = "berth_test_notices"


class Ingest(APIHandler):
    @web.authenticated
    def post(self):
        sent = self.get_json_body()
        if not isinstance(sent, dict) or "message" not in sent:
            raise web.HTTPError(400, "Missing 'message' field")
        self.settings[KEPT].append(sent)
        self.finish({"success": True, "notification_id": f"notif_{len(self.settings[KEPT])}"})


class Fetch(APIHandler):
    @web.authenticated
    def get(self):
        self.finish({"notifications": self.settings[KEPT]})


def _jupyter_server_extension_points():
    return [{"module": "berth_test_notices"}]


def _load_jupyter_server_extension(server):
    app = server.web_app
    app.settings[KEPT] = []
    here = url_path_join(app.settings["base_url"], "jupyterlab-notifications-extension")
    app.add_handlers(".*$", [(url_path_join(here, "ingest"), Ingest), (url_path_join(here, "notifications"), Fetch)])
