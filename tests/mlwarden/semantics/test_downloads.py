"""What is known of downloads: digests that they check themselves, places that need none, files that they write."""

from __future__ import annotations

import pytest

from mlwarden.semantics.downloads import (
    DOWNLOADS,
    downloads_in,
    files_written,
    is_checked_itself,
    is_trusted_place,
    uses_in,
)
from mlwarden.testing import model_of

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import pooch\npooch.retrieve(u, 'sha256:abc')", True),
        ("import pooch\npooch.retrieve(u, known_hash=None)", False),
        ("import pooch\npooch.retrieve(u)", False),
        ("import pooch\npooch.retrieve(u, **options)", True),
        ("import keras\nkeras.utils.get_file('a', u, False, 'abc')", True),
        ("import keras\nkeras.utils.get_file('a', u, file_hash=known)", True),
        ("import keras\nkeras.utils.get_file('a', u, True)", False),
        ("import gdown\ngdown.cached_download(u, 'a', md5='abc')", True),
        ("import torch\ntorch.hub.download_url_to_file(u, 'a', 'abc')", True),
        ("import torch\ntorch.hub.download_url_to_file(u, 'a')", False),
        ("from monai.apps import download_url\ndownload_url(u, 'a', 'abc')", True),
        ("import requests\nrequests.get(u)", False),
    ],
)
def test_a_digest_that_is_passed(code: str, expected: bool) -> None:
    (call,) = downloads_in(model_of(code)).values()
    assert is_checked_itself(call) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"https://data.acme.org/{DIGEST}.zip", True),
        ("https://github.com/acme/a/archive/0123456789abcdef0123456789abcdef01234567.zip", True),
        ("http://localhost:9000/a.zip", True),
        ("https://me:secret@[::1]/a.zip", True),
        ("https://data.acme.org/a.zip", False),
        ("https://data.acme.org/0123456789abcdef.zip", False),
    ],
)
def test_an_address_that_needs_no_digest(url: str, expected: bool) -> None:
    (call,) = downloads_in(model_of(f"import requests\nrequests.get({url!r})")).values()
    assert is_trusted_place(call) is expected


def test_the_file_of_a_download_is_known_where_it_is_used_later() -> None:
    model = model_of(
        """
        import requests, zipfile
        from urllib.request import urlretrieve

        zipfile.ZipFile("a.zip")
        urlretrieve(u, "a.zip")
        with open("b.zip", "wb") as file:
            file.write(requests.get(u).content)
        for name in ("a.zip", "b.zip", "c.zip"):
            pass
        zipfile.ZipFile("a.zip")
        zipfile.ZipFile(file="b.zip")
        zipfile.ZipFile("c.zip")
        zipfile.ZipFile("a.zip", "w")
        """
    )
    written = [*files_written(model)]
    found = [
        (data.string(), sorted(stored.writer.attribute for stored in written if stored.holds(data, use)))
        for use, data, _ in uses_in(model)
    ]
    assert found == [("a.zip", []), ("a.zip", ["urlretrieve"]), ("b.zip", ["write"]), ("c.zip", [])]


def test_a_parameter_names_a_file_in_its_own_function_only() -> None:
    model = model_of(
        """
        import zipfile
        from urllib.request import urlretrieve

        def fetch(url, path):
            urlretrieve(url, path)
            zipfile.ZipFile(path)

        def other(path):
            zipfile.ZipFile(path)
        """
    )
    (stored,) = files_written(model)
    assert [stored.holds(data, use) for use, data, _ in uses_in(model)] == [True, False]


def test_every_download_says_where_its_address_stands() -> None:
    assert all(download.url[0] and download.url[1] in (0, 1) for download in DOWNLOADS.values())
