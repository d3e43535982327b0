# Accounts, and servers on record, before the hub starts: over its API they would take minutes.
import json
import os
from datetime import datetime

from jupyterhub import orm, roles

told = json.loads(os.environ["BENCH"])
db = orm.new_session_factory("sqlite:////srv/bench/hub.sqlite")()
# The hub would give the role to each of them by itself, at its start, with a commit for each.
for role in roles.get_default_roles():
    roles.create_role(db, role)
of_users = orm.Role.find(db, "user")
of_admins = orm.Role.find(db, "admin")
db.add(orm.User(name="x", roles=[of_users]))
for name in ["boss", *(f"boss{n}" for n in range(len(told["admins"])))]:
    db.add(orm.User(name=name, admin=True, roles=[of_users, of_admins]))
for n in range(told["users"]):
    name = f"u{n}"
    user = orm.User(name=name, roles=[of_users])
    db.add(user)
    if n < told["running"]:
        server = orm.Server(proto="http", ip="127.0.0.1", port=told["backend"], base_url=f"/user/{name}/", cookie_name="bench")
        db.add(orm.Spawner(user=user, name="", server=server, state={}, started=datetime.now()))
db.commit()
