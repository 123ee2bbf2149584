"""Examples of MLW601."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        import tarfile
        import urllib.request

        urllib.request.urlretrieve("https://data.example.org/corpus.tar.gz", "corpus.tar.gz")
        with tarfile.open("corpus.tar.gz") as tar:
            tar.extractall("data")
            ^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"python": ">=3.10"},
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`extractall` without a filter unpacks data from the network: members called `../x`, absolute paths and "
        "links can write outside the folder (Python before 3.14)",
        fixed="""
        import tarfile
        import urllib.request

        urllib.request.urlretrieve("https://data.example.org/corpus.tar.gz", "corpus.tar.gz")
        with tarfile.open("corpus.tar.gz") as tar:
            tar.extractall("data", filter="data")
        """,
    ),
    Bad(
        """
        import io
        import tarfile
        from fastapi import FastAPI, UploadFile

        app = FastAPI()

        @app.post("/models")
        async def upload(file: UploadFile):
            archive = tarfile.open(fileobj=io.BytesIO(await file.read()), mode="r:gz")
            archive.extractall(path="models", filter="fully_trusted")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        message="`extractall` with the filter 'fully_trusted' unpacks data from a web request: members called `../x`, "
        "absolute paths and links can write outside the folder",
        fixed="""
        import io
        import tarfile
        from fastapi import FastAPI, UploadFile

        app = FastAPI()

        @app.post("/models")
        async def upload(file: UploadFile):
            archive = tarfile.open(fileobj=io.BytesIO(await file.read()), mode="r:gz")
            archive.extractall(path="models", filter="data")
        """,
    ),
    Bad(
        """
        from tarfile import TarFile

        def unpack(path, target):
            archive = TarFile.gzopen(path)
            for member in archive:
                archive.extract(member, target)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        fixed="""
        from tarfile import TarFile

        def unpack(path, target):
            archive = TarFile.gzopen(path)
            for member in archive:
                archive.extract(member, target, filter="data")
        """,
    ),
    Bad(
        """
        import tarfile

        def python_files(tar):
            for member in tar.getmembers():
                if member.name.endswith(".py"):
                    yield member

        with tarfile.open("bundle.tar") as tar:
            tar.extractall(
            ^^^^^^^^^^^^^^~
                "code",
                members=python_files(tar),
            )
        """,
        severity=Severity.LOW,
        fixed="""
        import tarfile

        def python_files(tar):
            for member in tar.getmembers():
                if member.name.endswith(".py"):
                    yield member

        with tarfile.open("bundle.tar") as tar:
            tar.extractall(
                "code",
                members=python_files(tar),
                filter="data",
            )
        """,
    ),
    Bad(
        """
        import tarfile

        def unpack(path, target):
            with tarfile.open(path) as tar:
                for member in tar.getmembers():
                    if ".." in member.name:
                        raise ValueError(member.name)
                tar.extractall(target)
                ^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
        fixed="""
        import tarfile

        def unpack(path, target):
            with tarfile.open(path) as tar:
                for member in tar.getmembers():
                    if ".." in member.name:
                        raise ValueError(member.name)
                tar.extractall(target, filter="data")
        """,
    ),
    Bad(
        """
        import tarfile

        tarfile.TarFile.extraction_filter = staticmethod(tarfile.fully_trusted_filter)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
        fixed="""
        import tarfile

        tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
        """,
    ),
    Bad(
        """
        import shutil
        import wget

        archive = wget.download("https://models.example.org/bert.tar.gz")
        shutil.unpack_archive(archive, "models")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import shutil
        import wget

        archive = wget.download("https://models.example.org/bert.tar.gz")
        shutil.unpack_archive(archive, "models", filter="data")
        """,
    ),
    Bad(
        """
        import shutil

        def restore(path):
            shutil.unpack_archive(path, "restored")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.LOW,
        message="`unpack_archive` without a filter unpacks an archive of unknown origin: in a tar archive, members called "
        "`../x`, absolute paths and links can write outside the folder (Python before 3.14)",
    ),
    Bad(
        """
        import tarfile

        def unpack(path, target):
            with tarfile.open(path) as tar:
                tar.extractall(target, filter=lambda member, folder: member)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
        fixed="""
        import tarfile

        def unpack(path, target):
            with tarfile.open(path) as tar:
                tar.extractall(target, filter="data")
        """,
    ),
    Bad(
        """
        def unpack_into(tar, target):
            tar.extractall(target)
            ^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.LOW,
        fixed="""
        def unpack_into(tar, target):
            tar.extractall(target, filter="data")
        """,
    ),
    Good(
        """
        import tarfile

        with tarfile.open("corpus.tar.gz") as tar:
            tar.extractall("data", filter="data")
        with tarfile.open("tools.tar.gz") as tar:
            tar.extractall("tools", filter=tarfile.tar_filter)
        """,
        because="the filters refuse members that lead outside",
    ),
    Good(
        """
        import tarfile

        with tarfile.open("corpus.tar.gz") as tar:
            tar.extractall("data")
        """,
        because="Python 3.14 has the filter by default",
        versions={"python": ">=3.14"},
    ),
    Good(
        """
        import os
        import tarfile

        def is_within(folder, target):
            return os.path.commonpath([os.path.abspath(folder), os.path.abspath(target)]) == os.path.abspath(folder)

        def unpack(path, target):
            with tarfile.open(path) as tar:
                for member in tar.getmembers():
                    if not is_within(target, os.path.join(target, member.name)):
                        raise ValueError(member.name)
                tar.extractall(target)
        """,
        because="every member's path is compared with the folder",
    ),
    Good(
        """
        import tarfile

        def unpack(path, target):
            with tarfile.open(path) as tar:
                wanted = [
                    member
                    for member in tar
                    if member.isreg() and not member.name.startswith("/") and ".." not in member.name
                ]
                tar.extractall(target, members=wanted)
        """,
        because="the members are chosen by a check of both",
    ),
    Good(
        """
        import sys
        import tarfile

        options = {"filter": "data"} if sys.version_info >= (3, 12) else {}

        def unpack(path):
            with tarfile.open(path) as tar:
                tar.extractall("data", **options)
        """,
        because="it asks for the filter where Python has it",
    ),
    Good(
        """
        import tarfile

        def unpack(path):
            with tarfile.open(path) as tar:
                if hasattr(tarfile, "data_filter"):
                    tar.extractall("data", filter="data")
                else:
                    tar.extractall("data")
        """,
        because="it asks for the filter where Python has it",
    ),
    Good(
        """
        import tarfile

        def unpack(path):
            with tarfile.open(path) as tar:
                try:
                    tar.extractall("data", filter="data")
                except TypeError:
                    tar.extractall("data")
        """,
        because="it asks for the filter where Python has it",
    ),
    Good(
        """
        import os
        import tarfile

        class Extractor:
            @staticmethod
            def safe_members(archive, target):
                base = os.path.realpath(target)

                def leads_outside(name):
                    return not os.path.realpath(os.path.join(base, name)).startswith(base + os.sep)

                for member in archive:
                    if not leads_outside(member.name):
                        yield member

            @staticmethod
            def extract(source, target):
                archive = tarfile.open(source)
                archive.extractall(target, members=Extractor.safe_members(archive, target))
        """,
        because="the generator lets only members of the folder through",
    ),
    Good(
        """
        import tarfile

        tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)

        def unpack(path):
            with tarfile.open(path) as tar:
                tar.extractall("data")
        """,
        because="the filter is the default of the whole program",
    ),
    Good(
        """
        import shutil
        import zipfile

        with zipfile.ZipFile("corpus.zip") as archive:
            archive.extractall("data")
        shutil.unpack_archive("corpus.zip", "data")
        shutil.unpack_archive(path, "data", "zip")
        """,
        because="`zipfile` takes away what leads outside",
    ),
    Good(
        """
        import tarfile

        with tarfile.open("model.tar.gz") as tar:
            tar.extract("config.json", "model")
            text = tar.extractfile("README.md").read()
        """,
        because="the code says which member, and where it goes",
    ),
    Good(
        """
        import pandas as pd

        codes = frame["id"].str.extract(r"(\\d+)")
        """,
        because="it extracts text",
    ),
    Missed(
        """
        def unpack_into(source, target):
            source.extractall(target)
        """,
        because="it can't be told that `source` is a tar archive",
    ),
)
