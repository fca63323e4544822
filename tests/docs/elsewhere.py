"""What stands in blocks of the documents and is not run beside them: each command with the reason."""

from __future__ import annotations

INSTALL = "needs a package index, or root and a machine of its own: make test-install"
SERVER = "needs a PostgreSQL: make test-scale"
MEASURED = "measures with the real model, for minutes to hours"

# What a command begins with, and why it is not run here.
ELSEWHERE = {
    "pip install": INSTALL,
    "uv tool install": INSTALL,
    "useradd ": INSTALL,
    "python3 -m venv ": INSTALL,
    "/opt/related/bin/": INSTALL,
    "rm -f /opt/related/": INSTALL,
    "runuser ": INSTALL,
    "systemctl ": INSTALL,
    "cp -r models ": INSTALL,
    "cp related.service ": INSTALL,
    "cp deploy/systemd/related.socket ": INSTALL,
    "scp ": "needs a second machine; make test-install copies the models",
    "related doctor": "judges the real model of a machine: make test-install, tests/cli/test_doctor.py",
    "related clicks learn --undo": "undoes clicks that won; of so few none do: tests/cli",
    "related tune --undo": "undoes weights that won; of so few stories none do: tests/cli",
    "related init --archive postgresql://": SERVER,
    "related status --archive postgresql://": SERVER,
    "related migrate news postgresql://": SERVER,
    "related migrate postgresql://": SERVER,
    "podman build ": "needs a container engine; make test-install carries out its last stage",
    "podman push ": "needs a container engine and a registry",
    "kubectl ": "needs a cluster; make test-deploy builds what is applied",
    "related bulk ": "needs Ray: make test-scale",
    "pg_dump ": SERVER,
    "createdb ": SERVER,
    "pg_restore ": SERVER,
    "make ": "a target of its own, which CI calls or a person does",
    "related evaluate --stories seeds/": MEASURED,
    "python scripts/": MEASURED,
    "python make_content.py": "make test-hugo",
    "hugo server": "make test-hugo",
}

# Languages of blocks that no shell and no Python runs.
SHOWN = {
    "html": "a part of a page",
    "js": "a part of a page: make test-desk runs the sidebar's",
    "php": "a part of a site: make test-wordpress runs the plug-in",
    "mermaid": "a drawing, made by the site's pages",
}
