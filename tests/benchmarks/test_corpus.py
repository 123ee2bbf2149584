"""Building the corpus: what is taken from archives, how they are verified, what the index's pages say."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from benchmarks.corpus import Archive, CorpusError, address_in, build, main, make_subsets

from benchmarks import corpus


def wheel(store: Path, file: str, members: dict[str, bytes]) -> Archive:
    with zipfile.ZipFile(store / file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Archive(file, hashlib.sha256((store / file).read_bytes()).hexdigest())


def sdist(store: Path, file: str, members: dict[str, bytes], links: dict[str, str] | None = None) -> Archive:
    with tarfile.open(store / file, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return Archive(file, hashlib.sha256((store / file).read_bytes()).hexdigest())


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestPinned:
    def test_archives(self) -> None:
        pinned = corpus.archives()
        assert len(pinned) == 23
        assert all(len(archive.sha256) == 64 for archive in pinned)
        assert [archive.folder for archive in pinned if not archive.is_wheel] == [
            "botorch-0.18.1",
            "flax-0.12.8",
            "gpytorch-1.15.2",
        ]


class TestBuild:
    def test_wheel_and_sdist(self, tmp_path: Path) -> None:
        a = wheel(tmp_path, "a_b-1.0-py3-none-any.whl", {"a/x.py": b"x = 1\n", "a/data.bin": b"\0", "a/n.ipynb": b"{}"})
        b = sdist(tmp_path, "b-2.0.tar.gz", {"b-2.0/setup.py": b"import b\n", "b-2.0/docs/n.ipynb": b"{}\n"})
        build(tmp_path / "corpus", tmp_path, [a, b])
        assert content_of(tmp_path / "corpus" / "py") == {"a_b-1.0/a/x.py": b"x = 1\n", "b-2.0/setup.py": b"import b\n"}
        assert content_of(tmp_path / "corpus" / "nb") == {"a_b-1.0/a/n.ipynb": b"{}", "b-2.0/docs/n.ipynb": b"{}\n"}
        assert (tmp_path / "corpus" / "packages.tsv").read_text().splitlines() == [
            "kind\tpackage\tfiles\tlines\tbytes",
            "py\ta_b-1.0\t1\t1\t6",
            "nb\ta_b-1.0\t1\t0\t2",
            "py\tb-2.0\t1\t1\t9",
            "nb\tb-2.0\t1\t1\t3",
        ]

    def test_members_outside(self, tmp_path: Path) -> None:
        hostile = {"../up.py": b"", "/root.py": b"", "a/../../up.py": b"", "a\\..\\up.py": b"", "c:/up.py": b""}
        a = wheel(tmp_path, "a-1.0-py3-none-any.whl", {**hostile, "a.py": b"a\n"})
        b = sdist(tmp_path, "b-1.0.tar.gz", {"b-1.0/../../up.py": b"", "b-1.0/b.py": b"b\n"}, {"b-1.0/link.py": "b.py"})
        build(tmp_path / "corpus", tmp_path, [a, b])
        assert sorted(content_of(tmp_path / "corpus" / "py")) == ["a-1.0/a.py", "b-1.0/b.py"]
        assert list(tmp_path.rglob("up.py")) == []

    def test_another_archive(self, tmp_path: Path) -> None:
        a = wheel(tmp_path, "a-1.0-py3-none-any.whl", {"a.py": b"a\n"})
        with pytest.raises(CorpusError, match="has the SHA-256"):
            build(tmp_path / "corpus", tmp_path, [a._replace(sha256="0" * 64)])
        assert not (tmp_path / "corpus").exists()

    def test_built_once(self, tmp_path: Path) -> None:
        a = wheel(tmp_path, "a-1.0-py3-none-any.whl", {"a.py": b"a\n"})
        build(tmp_path / "corpus", tmp_path, [a])
        (tmp_path / a.file).unlink()
        build(tmp_path / "corpus", tmp_path, [a])
        assert content_of(tmp_path / "corpus" / "py") == {"a-1.0/a.py": b"a\n"}

    def test_other_pins(self, tmp_path: Path) -> None:
        a = wheel(tmp_path, "a-1.0-py3-none-any.whl", {"a.py": b"a\n"})
        b = wheel(tmp_path, "a-2.0-py3-none-any.whl", {"b.py": b"b\n"})
        build(tmp_path / "corpus", tmp_path, [a])
        build(tmp_path / "corpus", tmp_path, [b])
        assert content_of(tmp_path / "corpus" / "py") == {"a-2.0/b.py": b"b\n"}


class TestSubsets:
    def test_even_choice(self, tmp_path: Path) -> None:
        for number in range(3200):
            path = tmp_path / "py" / f"p{number % 4}" / f"{number:04}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        make_subsets(tmp_path)
        names = [path.relative_to(tmp_path / "py1500").as_posix() for path in (tmp_path / "py1500").rglob("*.py")]
        assert len(names) == 1500
        assert {name[:2]: sum(other[:2] == name[:2] for other in names) for name in names} == dict.fromkeys(
            ("p0", "p1", "p2", "p3"), 375
        )
        assert len(list((tmp_path / "py150").rglob("*.py"))) == 150

    def test_fewer_files(self, tmp_path: Path) -> None:
        (tmp_path / "py" / "p").mkdir(parents=True)
        (tmp_path / "py" / "p" / "a.py").write_text("a")
        make_subsets(tmp_path)
        assert content_of(tmp_path / "py1500") == content_of(tmp_path / "py150") == {"p/a.py": b"a"}


class TestIndex:
    PAGE = "https://index.example/simple/a/"

    def test_json(self) -> None:
        text = json.dumps({"files": [{"url": "../../files/b-1.tar.gz"}, {"url": "../../files/a-1.tar.gz"}]})
        found = address_in(text, "application/vnd.pypi.simple.v1+json", self.PAGE, "a-1.tar.gz")
        assert found == "https://index.example/files/a-1.tar.gz"

    def test_html(self) -> None:
        text = '<a class="x" href="https://f.example/a%2D1.tar.gz?x=1&amp;y=2#sha256=00">a-1.tar.gz</a>'
        found = address_in(text, "text/html", self.PAGE, "a-1.tar.gz")
        assert found == "https://f.example/a%2D1.tar.gz?x=1&y=2"

    def test_not_named(self) -> None:
        with pytest.raises(ValueError, match="does not name"):
            address_in('<a href="b-1.tar.gz">b</a>', "text/html", self.PAGE, "a-1.tar.gz")


class TestMain:
    def test_failure(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        a = wheel(tmp_path, "a-1.0-py3-none-any.whl", {"a.py": b"a\n"})
        monkeypatch.setattr(corpus, "archives", lambda: [a._replace(sha256="0" * 64)])
        assert main([str(tmp_path / "corpus"), "--archives", str(tmp_path)]) == 1
        assert "has the SHA-256" in capsys.readouterr().err
