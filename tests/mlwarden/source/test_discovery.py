"""Which files a run checks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.discovery import DiscoveredFile, discover
from mlwarden.source.problems import Problem


def make(folder: Path, *names: str, content: str = "") -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def found(cwd: Path, *paths: str, settings: Settings | None = None, force_exclude: bool = False) -> list[str]:
    """The shown paths, those of explicit files marked."""
    in_force = settings if settings is not None else Settings(root=str(cwd))
    files = discover(paths or ["."], lambda folder: in_force, force_exclude=force_exclude, cwd=str(cwd))
    return [file.path + ("!" if file.explicit else "") for file in files]


def test_what_is_found_and_how_it_is_shown(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/x.ipynb", "a-b.py", "a/.env", "a/image.png", "outside.py")
    make(tmp_path, "a/run", content="#!/usr/bin/env python\n")
    (tmp_path / "cwd").mkdir()
    files = list(discover([tmp_path / "a", "../b.py"], lambda folder: Settings(), cwd=str(tmp_path / "cwd")))
    assert files == [
        DiscoveredFile(f"{tmp_path}/a/.env", f"{tmp_path}/a/.env", DocumentKind.TEXT),
        DiscoveredFile(f"{tmp_path}/a/run", f"{tmp_path}/a/run", DocumentKind.PYTHON),
        DiscoveredFile(f"{tmp_path}/a/x.ipynb", f"{tmp_path}/a/x.ipynb", DocumentKind.NOTEBOOK),
        DiscoveredFile(f"{tmp_path}/b.py", f"{tmp_path}/b.py", DocumentKind.PYTHON, explicit=True),
    ]
    assert found(tmp_path) == ["a-b.py", "a/.env", "a/run", "a/x.ipynb", "b.py", "outside.py"]


def test_the_order_and_number_of_paths_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "s/b.py", "s/t/c.py")
    assert found(tmp_path, "s", ".") == found(tmp_path, ".", "s/t", "s") == ["a.py", "s/b.py", "s/t/c.py"]
    assert found(tmp_path, "s/b.py", ".", "./s/../a.py") == ["a.py!", "s/b.py!", "s/t/c.py"]


def test_default_exclusions_are_folders_only(tmp_path: Path) -> None:
    make(tmp_path, ".venv/a.py", "x/node_modules/a.js", "build/lib/a.py", "p.egg-info/a.txt", "x/__pycache__/a.py")
    make(tmp_path, "own/pyvenv.cfg", "own/bin/activate.py", "decoy/pyvenv.cfg", "decoy/a.py", "dist.py", "venv.py")
    assert found(tmp_path) == ["decoy/a.py", "decoy/pyvenv.cfg", "dist.py", "venv.py"]
    assert found(tmp_path, "build", ".venv/a.py") == [".venv/a.py!", "build/lib/a.py"]


def test_settings_replace_or_extend_the_exclusions(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "third/a.py", "x/third/b.py", "x/a_gen.py", "x/a.py")
    root = str(tmp_path)
    assert found(tmp_path, settings=Settings(exclude=("/third", "*_gen.py"), root=root)) == [
        "build/a.py",
        "x/a.py",
        "x/third/b.py",
    ]
    assert found(tmp_path, settings=Settings(extend_exclude=("third/",), root=root)) == ["x/a.py", "x/a_gen.py"]
    assert found(tmp_path, settings=Settings(extend_exclude=("!build/", "x/third"), root=root)) == [
        "build/a.py",
        "third/a.py",
        "x/a.py",
        "x/a_gen.py",
    ]
    # Globs count from the configuration's folder, wherever the run starts.
    assert found(tmp_path / "x", settings=Settings(extend_exclude=("x/third",), root=root)) == ["a.py", "a_gen.py"]


def test_each_folder_has_its_own_settings(tmp_path: Path) -> None:
    make(tmp_path, "a/skip.py", "a/b/skip.py", "c/skip.py")

    def settings_for(folder: str) -> Settings:
        excluded = ("skip.py",) if folder.startswith(f"{tmp_path}/a") else ()
        return Settings(extend_exclude=excluded, root=str(tmp_path))

    assert [file.path for file in discover(["."], settings_for, cwd=str(tmp_path))] == ["c/skip.py"]


def test_a_named_file_is_always_checked_unless_forced(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "x/skip.py", "x/b.py")
    (tmp_path / ".gitignore").write_text("b.py\n")
    settings = Settings(extend_exclude=("skip.py",), root=str(tmp_path))
    names = ("build/a.py", "x/skip.py", "x/b.py")
    assert found(tmp_path, *names, settings=settings) == ["build/a.py!", "x/b.py!", "x/skip.py!"]
    assert found(tmp_path, *names, settings=settings, force_exclude=True) == ["x/b.py!"]
    assert found(tmp_path, *names, force_exclude=True) == ["x/b.py!", "x/skip.py!"]
    # A file that an editor has not saved yet is excluded as well.
    assert found(tmp_path, "build/new.py", "x/new.py", force_exclude=True) == ["x/new.py!"]


def test_named_files_of_unknown_kind_are_none_of_ours(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "LICENSE", "a.c")
    assert found(tmp_path, "a.png", "LICENSE", "a.c") == []


def test_links_are_followed_to_files_only_and_loops_end(tmp_path: Path) -> None:
    make(tmp_path, "tree/real/z.py", "elsewhere/data.pkl", "elsewhere/folder/y.py")
    tree = tmp_path / "tree"
    (tree / "a.py").symlink_to("real/z.py")
    (tree / "real/up").symlink_to("..")
    (tree / "self").symlink_to("self")
    (tree / "model-2.pkl").symlink_to("../elsewhere/data.pkl")
    (tree / "model-1.pkl").symlink_to("model-2.pkl")
    (tree / "outside").symlink_to("../elsewhere/folder")
    assert found(tree) == ["model-1.pkl", "real/z.py"]
    assert found(tree, "outside", "a.py") == ["a.py!", "outside/y.py"]
    assert found(tree, "a.py", ".") == ["model-1.pkl", "real/z.py!"]
    assert found(tree, "real/up/real", ".") == ["model-1.pkl", "real/z.py"]
    assert found(tree, "real/up/real/z.py") == ["real/up/real/z.py!"]


def test_a_linked_working_directory_makes_no_links_of_its_files(tmp_path: Path) -> None:
    make(tmp_path, "real/b.py")
    (tmp_path / "real/a.py").symlink_to("b.py")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link", "a.py", ".", "b.py") == ["b.py!"]


def test_what_cannot_be_looked_into_is_a_problem(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    files = list(discover([".", "nothing.py", "a.py/b.py"], lambda folder: Settings(), cwd=str(tmp_path)))
    assert [(file.path, file.problem, file.explicit) for file in files] == [
        ("a.py", None, False),
        ("a.py/b.py", Problem("MLW001", "the file cannot be read: not a directory"), True),
        ("gone.py", Problem("MLW001", "the file cannot be read: no such file or directory"), False),
        ("loop.py", Problem("MLW001", "the file cannot be read: too many levels of symbolic links"), False),
        ("nothing.py", Problem("MLW001", "the file cannot be read: no such file or directory"), True),
    ]


def test_a_path_too_long_to_open_is_a_problem_and_ends_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "zz/b.py")
    name = "d" * 250
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    files = list(discover(["."], lambda folder: Settings(), cwd=str(tmp_path)))
    assert [file.path for file in files if file.problem is None] == ["a.py", "zz/b.py"]
    assert [file.problem for file in files if file.problem is not None] == [
        Problem("MLW001", "the folder cannot be read: file name too long")
    ]


def test_a_name_that_is_not_utf8_can_be_printed_and_opened(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py")).write_bytes(b"x")
    (file,) = discover(["."], lambda folder: Settings(), cwd=str(tmp_path))
    assert file.path == "caf\ufffd.py"
    assert Path(file.location).read_bytes() == b"x"


def test_ignore_files_of_the_folders_above_count(tmp_path: Path) -> None:
    make(tmp_path, "repo/a/b/x.py", "repo/a/b/y.py", "repo/a/b/z.py", "repo/a/b/w.py")
    repo = tmp_path / "repo"
    (tmp_path / ".gitignore").write_text("w.py\n")  # beyond the repository's top
    subprocess.run(["git", "init", "-q"], cwd=repo, check=True)
    (repo / ".gitignore").write_text("/a/b/x.py\n")
    (repo / "a/.gitignore").write_text("b/y.py\n")
    (repo / ".git/info/exclude").write_text("z.py\n")
    assert found(tmp_path, "repo/a/b") == ["repo/a/b/w.py"]
    assert found(repo) == ["a/b/w.py"]
    assert found(repo, settings=Settings(respect_gitignore=False)) == ["a/b/w.py", "a/b/x.py", "a/b/y.py", "a/b/z.py"]


def test_ignore_files_count_outside_of_a_repository_too(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "s/a.py", "s/b.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    (tmp_path / "s/.gitignore").write_text("!a.py\nb.py")
    assert found(tmp_path) == ["s/a.py"]
    assert found(tmp_path, "s") == ["s/a.py"]


def test_a_repository_inside_another_has_its_own_rules(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "inner/a.py", "inner/b.py")
    for folder in (tmp_path, tmp_path / "inner"):
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (tmp_path / ".gitignore").write_text("a.py\n")
    (tmp_path / "inner/.git/info/exclude").write_text("b.py\n")
    assert found(tmp_path) == ["inner/a.py"]


def test_the_exclude_file_of_a_work_tree(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    main = tmp_path / "main"
    make(main, "a.py")
    for command in (["init", "-q"], ["add", "a.py"], ["commit", "-q", "-m", "x"], ["worktree", "add", "-q", "../tree"]):
        subprocess.run([*git, *command], cwd=main, check=True)
    (main / ".git/info/exclude").write_text("b.py\n")
    make(tmp_path, "tree/b.py", "tree/c.py")
    assert found(tmp_path / "tree") == ["a.py", "c.py"]


NAMES = st.sampled_from(["a.py", "b.py", "lib", "data", "c.txt"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.lists(
    st.sampled_from(
        ["a.py", "*.py", "!b.py", "/lib", "lib/", "!lib/", "data/*", "!data/a.py", "**/data", "*", "!*/", "lib/**"]
    ),
    max_size=4,
)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.lists(PATHS, min_size=1, max_size=12),
    rules=st.dictionaries(st.sampled_from([".", "lib", "data", "lib/data"]), PATTERNS, max_size=3),
    excluded=PATTERNS,
)
def test_git_lists_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str], rules: dict[str, list[str]], excluded: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("repo")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    for path in paths:
        # A name may have been taken for a file or a folder before.
        parents = [folder / parent for parent in list(Path(path).parents)[:-1]]
        if not (folder / path).exists() and not any(parent.is_file() for parent in parents):
            make(folder, path, content="#!/usr/bin/env python\n")
    for where, patterns in rules.items():
        if (folder / where).is_dir():
            (folder / where / ".gitignore").write_text("\n".join(patterns))
    (folder / ".git/info/exclude").write_text("\n".join(excluded))
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-o", "--exclude-standard"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert found(folder) == sorted(path for path in listed if not path.endswith(".gitignore"))
