"""What jupyter-lsp asks of the entry point group `jupyter_lsp_spec_v1`: how to start the server."""

from __future__ import annotations

import sys
from typing import Any

# `-m mlwarden` would put the working directory, which holds the user's notebooks, first on the import path: a file
# called types.py there would be executed.
_LAUNCH = "import sys; sys.path[:] = filter(None, sys.path); from mlwarden.cli.main import run; run()"


def spec(app: Any) -> dict[str, dict[str, Any]]:
    """The server by its key; `app` is jupyter-lsp's manager, of which nothing is needed.

    The interpreter that JupyterLab runs in has mlwarden, or it would not have found this. Documents come over the
    protocol: without saying so, jupyter-lsp would write a `.virtual_documents` folder into the user's project.
    """
    return {
        "mlwarden": {
            "version": 2,
            "argv": [sys.executable, "-c", _LAUNCH, "server"],
            "languages": ["python"],
            "mime_types": ["text/python", "text/x-ipython"],
            "display_name": "mlwarden",
            "requires_documents_on_disk": False,
            "urls": {"home": "https://github.com/mlwarden/mlwarden"},
        }
    }
