"""Record docs/screenshot.svg: what `mlwarden check` prints, in colour, about a file of the demo.

    python docs/make_screenshot.py [--check]

Needed after a change of the report's layout or of the rules' words.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "screenshot.svg"
FILES = ["examples/llm_agent.py", "examples/app_gradio.py"]
COLUMNS = 140


def recorded() -> str:
    """The picture."""
    command = [str(Path(sys.executable).with_name("mlwarden")), "check", "--no-cache", *FILES]
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "PYTHONHASHSEED": "0"}
    env.pop("NO_COLOR", None)
    printed = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True).stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed.rstrip("\n")), soft_wrap=False)
    picture = console.export_svg(title=f"mlwarden check {' '.join(FILES)}", unique_id="mlwarden")
    # rich names a server for its font; the picture is content with the reader's own.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL) + "\n"


def main() -> int:
    """Write the picture, or with `--check` say whether it is current: 0 if so, else 1."""
    picture = recorded()
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(picture, encoding="utf-8")
        return 0
    current = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
    if not current:
        print("docs/screenshot.svg is stale: run python docs/make_screenshot.py", file=sys.stderr)
    return int(not current)


if __name__ == "__main__":
    raise SystemExit(main())
