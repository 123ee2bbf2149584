"""Examples of MLW218."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        import requests

        exec(requests.get("https://tools.acme.org/setup.py").text)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        message="`exec` runs what was downloaded by `requests.get`: whoever can exchange that runs code here; keep "
        "the code in the project, or compare its SHA-256 first",
    ),
    Bad(
        """
        import subprocess
        import sys
        from urllib.request import urlretrieve

        urlretrieve("https://tools.acme.org/install.sh", "install.sh")
        subprocess.run(["bash", "./install.sh"], check=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        def script(url):
            path, _ = urlretrieve(url)
            subprocess.check_call([sys.executable, "-u", path])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        import requests

        request = requests.get("https://raw.githubusercontent.com/acme/course/main/helper_functions.py")
        with open("helper_functions.py", "wb") as file:
            file.write(request.content)

        from helper_functions import accuracy
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.CRITICAL,
        message="`import helper_functions` runs what was downloaded by `requests.get`: whoever can exchange that runs "
        "code here; keep the code in the project, or compare its SHA-256 first",
    ),
    Bad(
        """
        import importlib.util
        from huggingface_hub import hf_hub_download

        path = hf_hub_download("acme/sparrow-7b", "modeling.py")
        spec = importlib.util.spec_from_file_location("modeling", path)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        """,
    ),
    Bad(
        """
        import sys
        from huggingface_hub import snapshot_download

        sys.path.insert(0, snapshot_download("acme/sparrow-7b"))
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
    ),
    Bad(
        """
        import os
        import sys
        import zipfile
        from urllib.request import urlretrieve

        urlretrieve("https://tools.acme.org/tools.zip", "tools.zip")
        with zipfile.ZipFile("tools.zip") as archive:
            archive.extractall("tools")
        sys.path.append("tools/src")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        os.system("python tools/setup.py build")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import os
        import wget

        def fetch(url):
            path = wget.download(url)
            os.system(f"chmod +x {path} && {path} --quiet")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            os.system(f"pip install {path}")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import runpy
        import urllib.request

        source = urllib.request.urlopen("https://tools.acme.org/metric.py").read().decode()
        code = compile(source, "metric.py", "exec")
        exec(code)
        ^^^^^^^^^^

        with open("job.py", "w") as out:
            out.write(source)
        runpy.run_path("job.py")
        ^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import subprocess
        import requests

        script = requests.get("https://tools.acme.org/install.sh").text
        subprocess.run(["bash", "-c", script])
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        subprocess.run(["sh"], input=script, text=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Good(
        """
        import subprocess
        from urllib.request import urlretrieve

        path, _ = urlretrieve("https://data.acme.org/birds.mp4")
        subprocess.run(["ffmpeg", "-i", path, "birds.wav"], check=True)
        subprocess.run(["python", "convert.py", "--video", path], check=True)
        subprocess.run(f"unzip -q {path} -d birds", shell=True)
        """,
        because="the file is data of a program that is there already",
    ),
    Good(
        """
        import hashlib
        import requests

        DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        source = requests.get("https://tools.acme.org/metric.py").content
        if hashlib.sha256(source).hexdigest() != DIGEST:
            raise ValueError("another file")
        exec(source)
        """,
        because="the digest is compared first",
    ),
    Good(
        """
        import requests
        from huggingface_hub import hf_hub_download
        from runpy import run_path

        COMMIT = "0123456789abcdef0123456789abcdef01234567"
        exec(requests.get(f"https://raw.githubusercontent.com/acme/tools/{COMMIT}/metric.py").text)
        run_path(hf_hub_download("acme/sparrow-7b", "metric.py", revision=COMMIT))
        """,
        because="a commit always names the same bytes",
    ),
    Good(
        """
        import ast
        import json
        import re
        import requests
        import torch

        text = requests.get("https://data.acme.org/settings.txt").text
        settings = ast.literal_eval(text)
        pattern = re.compile(json.loads(text)["pattern"])
        model = torch.compile(torch.nn.Linear(2, 2))
        model.eval()
        exec(open("setup_helpers.py").read())
        """,
        because="literals and patterns are data, and what is executed is the project's own",
    ),
    Good(
        """
        import sys
        import requests

        with open("helper.json", "wb") as file:
            file.write(requests.get("https://data.acme.org/helper.json").content)
        sys.path.insert(0, "src")
        import helper
        """,
        because="the file is no module",
    ),
    Missed(
        """
        import os
        import requests

        with open(os.path.join("tools", "metric.py"), "wb") as file:
            file.write(requests.get("https://tools.acme.org/metric.py").content)

        from tools import metric
        """,
        because="only modules beside the program are recognised by their names",
    ),
)
