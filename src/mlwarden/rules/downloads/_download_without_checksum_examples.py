"""Examples of MLW216."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        import zipfile
        from urllib.request import urlretrieve

        urlretrieve("https://data.acme.org/birds.zip", "birds.zip")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        with zipfile.ZipFile("birds.zip") as archive:
            archive.extractall("birds")
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message="`urllib.request.urlretrieve` fetches a file that `zipfile.ZipFile` unpacks, and nobody compares its "
        "digest: whoever exchanges the file at its source reaches this program; compare its SHA-256 first",
    ),
    Bad(
        """
        import requests
        import onnxruntime as ort

        URL = "https://models.acme.org/sparrow.onnx"

        def fetch(path):
            response = requests.get(URL, timeout=60)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            response.raise_for_status()
            with open(path, "wb") as out:
                out.write(response.content)
            return ort.InferenceSession(path)
        """,
    ),
    Bad(
        """
        import io
        import tarfile
        import requests

        data = requests.get("https://data.acme.org/birds.tar.gz").content
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        tarfile.open(fileobj=io.BytesIO(data), mode="r:gz").extractall("birds", filter="data")
        """,
    ),
    Bad(
        """
        import gdown
        from safetensors.torch import load_file

        path = gdown.download(id="1a2b3c", output="sparrow.safetensors")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        weights = load_file(path)
        """,
    ),
    Bad(
        """
        import shutil
        import pooch

        path = pooch.retrieve("https://data.acme.org/birds.zip", known_hash=None)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        shutil.unpack_archive(path, "birds")
        """,
        message="`pooch.retrieve` fetches a file that `shutil.unpack_archive` unpacks, and nobody compares its "
        "digest: whoever exchanges the file at its source reaches this program; pass `known_hash`",
    ),
    Bad(
        """
        import tensorflow as tf

        folder = tf.keras.utils.get_file("birds", "https://data.acme.org/birds.tgz", extract=True)
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
        message="`keras.utils.get_file` fetches an archive and unpacks it, and nobody compares its digest: whoever "
        "exchanges the file at its source reaches this program; pass `file_hash`",
    ),
    Bad(
        """
        from torchvision.datasets.utils import download_and_extract_archive

        download_and_extract_archive("https://data.acme.org/birds.zip", "birds")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        import torch
        from torch.hub import download_url_to_file

        download_url_to_file("https://models.acme.org/sparrow.pt", "sparrow.pt")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        weights = torch.load("sparrow.pt", weights_only=True)
        """,
    ),
    Bad(
        """
        import urllib.error
        import zipfile
        from project.net import fetch

        try:
            archive = fetch("https://data.acme.org/birds.zip")
        except urllib.error.URLError:
            archive = "birds.zip"
        zipfile.ZipFile(archive).extractall("birds")
        ^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        files={
            "project/__init__.py": "",
            "project/net.py": """
from urllib.request import urlretrieve

def fetch(url):
    return urlretrieve(url)[0]
""",
        },
    ),
    Bad(
        """
        import os
        import tarfile
        from urllib import request

        ROOT = "https://data.acme.org/"
        FOLDER = os.path.join("datasets", "birds")

        def fetch(url=ROOT + "birds.tgz", folder=FOLDER):
            os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, "birds.tgz")
            request.urlretrieve(url, path)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            archive = tarfile.open(path)
            archive.extractall(path=folder, filter="data")
            archive.close()

        fetch()
        """,
    ),
    Good(
        """
        import hashlib
        import zipfile
        from pathlib import Path
        from urllib.request import urlretrieve

        DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

        urlretrieve("https://data.acme.org/birds.zip", "birds.zip")
        if hashlib.sha256(Path("birds.zip").read_bytes()).hexdigest() != DIGEST:
            raise ValueError("another file")
        zipfile.ZipFile("birds.zip").extractall("birds")
        """,
        because="the digest is compared first",
    ),
    Good(
        """
        import shutil
        import gdown
        import keras
        import pooch
        import torch

        DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

        shutil.unpack_archive(pooch.retrieve("https://data.acme.org/a.zip", DIGEST), "a")
        shutil.unpack_archive(gdown.cached_download("https://data.acme.org/b.zip", "b.zip", hash=f"sha256:{DIGEST}"))
        keras.utils.get_file("c", "https://data.acme.org/c.tgz", extract=True, file_hash=DIGEST)
        torch.hub.download_url_to_file("https://data.acme.org/d.pt", "d.pt", hash_prefix=DIGEST)
        torch.load("d.pt", weights_only=True)
        """,
        because="each call compares the digest itself",
    ),
    Good(
        """
        import hashlib
        import shutil
        from urllib.request import urlretrieve

        def digest_of(path):
            return hashlib.sha256(open(path, "rb").read()).hexdigest()

        def check_integrity(path, digest):
            return digest_of(path) == digest

        def fetch(url, path, digest):
            urlretrieve(url, path)
            if not check_integrity(path, digest):
                raise RuntimeError("another file")
            shutil.unpack_archive(path)
        """,
        because="a function of the project compares the digest",
    ),
    Good(
        """
        import requests
        import pandas as pd
        from urllib.request import urlretrieve

        urlretrieve("https://data.acme.org/train.csv", "train.csv")
        frame = pd.read_csv("train.csv")
        labels = requests.get("https://data.acme.org/labels.json").json()
        """,
        because="it is data, neither an archive nor a model",
    ),
    Good(
        """
        import zipfile
        from urllib.request import urlretrieve

        COMMIT = "0123456789abcdef0123456789abcdef01234567"
        urlretrieve(f"https://github.com/acme/birds/archive/{COMMIT}.zip", "birds.zip")
        zipfile.ZipFile("birds.zip").extractall("birds")
        """,
        because="the address names the commit",
    ),
    Good(
        """
        import zipfile
        import requests

        report = requests.get("https://api.acme.org/report").json()
        with zipfile.ZipFile("report.zip", "w") as archive:
            archive.writestr("report.txt", report["text"])
        with zipfile.ZipFile("other.zip") as archive:
            archive.extractall("other")
        """,
        because="what is downloaded is not what is unpacked",
    ),
    Good(
        """
        import subprocess
        import tarfile
        from urllib.request import urlretrieve

        urlretrieve("https://data.acme.org/birds.tgz", "birds.tgz")
        subprocess.run(["sha256sum", "--check", "birds.sha256"], check=True)
        tarfile.open("birds.tgz").extractall("birds", filter="data")
        """,
        because="`sha256sum` compares the digest",
    ),
    Good(
        """
        import pickle
        from urllib.request import urlopen

        model = pickle.load(urlopen("https://models.acme.org/sparrow.pkl"))
        """,
        because="MLW132 reports that this runs code from the network, which weighs more",
    ),
    Missed(
        """
        import os
        import zipfile
        from torchvision.datasets.utils import download_url

        download_url("https://data.acme.org/birds.zip", "data", "birds.zip")
        zipfile.ZipFile(os.path.join("data", "birds.zip")).extractall("data")
        """,
        because="the path of the file is put together anew",
    ),
)
