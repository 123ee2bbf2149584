"""`python -m mlwarden`."""

from __future__ import annotations

import sys

# `-m` puts the working directory first on the import path. That is the folder being checked: a file in it that is
# named like a module, say argparse.py, would be imported, and so executed. Nothing may be imported before this.
if not getattr(sys.flags, "safe_path", False):  # `-P`, from Python 3.11 on, leaves it out already
    del sys.path[0]

from mlwarden.cli.main import run

if __name__ == "__main__":
    run()
