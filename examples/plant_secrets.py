"""Write three files with made-up secrets into a folder, so that the demo can show how they are found.

    python plant_secrets.py build/demo

The tokens are put together here, at run time, from a prefix and a run of letters drawn with a fixed seed. They have
the shape of real ones and open nothing, and no file of the repository holds one.
"""

import json
import random
import string
import sys
from pathlib import Path


def token(prefix, length, alphabet=string.ascii_letters):
    """A made-up token: the prefix, then letters that are the same on every run."""
    generator = random.Random(prefix)
    return prefix + "".join(generator.choice(alphabet) for _ in range(length))


HUGGING_FACE = token("hf" + "_", 34)
OPENAI = token("sk" + "-proj-", 74, string.ascii_letters + string.digits) + "T3Blbk" + "FJ" + token("", 74)
WANDB = token("", 40, "0123456789abcdef")


def notebook():
    """A notebook that logs in with a literal token and then prints its environment."""

    def code(number, source, *outputs):
        return {
            "cell_type": "code",
            "execution_count": number,
            "id": f"leaky-{number}",
            "metadata": {},
            "outputs": list(outputs),
            "source": source.splitlines(keepends=True),
        }

    printed = {"name": "stdout", "output_type": "stream", "text": [f"OPENAI_API_KEY={OPENAI}\n", "LANG=C.UTF-8\n"]}
    return {
        "cells": [
            code(1, f'from huggingface_hub import login\n\nlogin(token="{HUGGING_FACE}")'),
            code(2, "!env | grep -E 'KEY|LANG'", printed),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


SCRIPT = """\
\"\"\"Upload the nightly model.\"\"\"

from huggingface_hub import HfApi
from openai import OpenAI

api = HfApi(token="{hugging_face}")
client = OpenAI(api_key="{openai}")

api.upload_file(path_or_fileobj="classifier.pt", path_in_repo="classifier.pt", repo_id="acme-labs/ticket-heads")
"""


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "leaky_run.ipynb").write_text(json.dumps(notebook(), indent=1) + "\n", encoding="utf-8")
    (folder / "upload_model.py").write_text(SCRIPT.format(hugging_face=HUGGING_FACE, openai=OPENAI), encoding="utf-8")
    (folder / ".env").write_text(f"HF_TOKEN={HUGGING_FACE}\nWANDB_API_KEY={WANDB}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
