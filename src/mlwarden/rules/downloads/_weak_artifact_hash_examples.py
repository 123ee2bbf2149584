"""Examples of MLW224."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        import hashlib
        from pathlib import Path

        DIGEST = "0123456789abcdef0123456789abcdef"

        data = Path("sparrow.onnx").read_bytes()
        if hashlib.md5(data).hexdigest() != DIGEST:
           ^^^^^^^^^^^^^^^^^
            raise ValueError("another file")
        """,
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        message="MD5 decides whether this is the right file, and two files with the same MD5 are easily made; "
        "compare the SHA-256",
    ),
    Bad(
        """
        import hashlib

        def sha1_of(path):
            state = hashlib.sha1()
                    ^^^^^^^^^^^^^^
            with open(path, "rb") as file:
                for block in iter(lambda: file.read(65536), b""):
                    state.update(block)
            return state.hexdigest()

        def check(path, expected):
            assert sha1_of(path) == expected
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        import hmac
        from hashlib import new as make

        def check(data, known):
            state = make("md5", data, usedforsecurity=False)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            found = state.hexdigest()
            return hmac.compare_digest(found, known["md5"])
        """,
        confidence=Confidence.LOW,
    ),
    Bad(
        """
        import pooch
        import tensorflow as tf
        from torchvision.datasets.utils import check_integrity, download_url as fetch

        DIGEST = "0123456789abcdef0123456789abcdef"

        tf.keras.utils.get_file("a", "https://data.acme.org/a.csv", md5_hash=DIGEST)
                                                                             ^^^^^^
        tf.keras.utils.get_file("b", "https://data.acme.org/b.csv", file_hash=DIGEST)
                                                                              ^^^^^^
        pooch.retrieve("https://data.acme.org/c.csv", f"md5:{DIGEST}")
                                                      ^^^^^^^^^^^^^^^
        fetch("https://data.acme.org/d.csv", "data", md5=DIGEST)
                                                         ^^^^^^
        check_integrity("data/d.csv", DIGEST)
                                      ^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from monai.apps import download_and_extract

        def fetch(url, digest):
            download_and_extract(url, "data.tar", "data", hash_val=digest, hash_type="md5")
                                                                   ^^^^^^
        """,
    ),
    Good(
        """
        import hashlib
        import pooch
        import keras
        from monai.apps import download_url

        DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

        keras.utils.get_file("a", "https://data.acme.org/a.csv", file_hash=DIGEST)
        keras.utils.get_file("b", "https://data.acme.org/b.csv", md5_hash=None)
        pooch.retrieve("https://data.acme.org/c.csv", f"sha256:{DIGEST}")
        pooch.retrieve("https://data.acme.org/d.csv", DIGEST)
        download_url("https://data.acme.org/e.csv", "e.csv", hash_val=DIGEST)
        assert hashlib.sha256(open("e.csv", "rb").read()).hexdigest() == DIGEST
        md5 = "not used"
        """,
        because="these are SHA-256",
    ),
    Good(
        """
        import hashlib

        def cached(prompt, cache):
            key = hashlib.md5(prompt.encode()).hexdigest()
            if key not in cache:
                cache[key] = answer(prompt)
            return cache[key]

        def changed(page, state):
            digest = hashlib.md5(page.encode()).hexdigest()
            return digest != state.last_digest

        def split(name):
            return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 10 == 0
        """,
        because="a key of a cache, a look for changes and a split of data decide nothing about a file",
    ),
    Good(
        """
        class hashlib:
            @staticmethod
            def md5(data):
                return Digest(data)

        assert hashlib.md5(b"").hexdigest() == "0123456789abcdef0123456789abcdef"
        """,
        because="it is another function of that name",
    ),
    Missed(
        """
        import hashlib
        from project.digests import matches

        assert matches(hashlib.md5(open("sparrow.onnx", "rb").read()).hexdigest())
        """,
        because="that the project's function compares is not known here",
    ),
)
