"""MLW614: a model, a file or a socket in a place that other users of the machine can foresee or write to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# What runs code from the file, or is talked to through it, by where the path stands.
_LOADERS: dict[str, tuple[str, int]] = {
    "torch.load": ("f", 0),
    "torch.jit.load": ("f", 0),
    "joblib.load": ("filename", 0),
    "dill.load": ("file", 0),
    "pickle.load": ("file", 0),
    "cloudpickle.load": ("file", 0),
    "pandas.read_pickle": ("filepath_or_buffer", 0),
    "importlib.util.spec_from_file_location": ("location", 1),
    "runpy.run_path": ("path_name", 0),
    "ctypes.CDLL": ("name", 0),
    "torch.ops.load_library": ("path", 0),
    "torch.classes.load_library": ("path", 0),
}
_SAVERS: dict[str, tuple[str, int]] = {
    "torch.save": ("f", 1),
    "joblib.dump": ("filename", 1),
    "numpy.save": ("file", 0),
    "safetensors.torch.save_file": ("filename", 1),
    "*.save_pretrained": ("save_directory", 0),
    "*.save_model": ("", 0),
    "*.to_pickle": ("path", 0),
}
_SOCKETS = {"socket.socket().bind": ("address", 0), "socketserver.UnixStreamServer": ("server_address", 0)}
_MODES = {
    "os.chmod": ("mode", 1),
    "os.fchmod": ("mode", 1),
    "os.makedirs": ("mode", 1),
    "os.mkdir": ("mode", 1),
    "*.chmod": ("mode", 0),
}
_TEMPORARY = re.compile(r"(?:/tmp|/var/tmp|/dev/shm)/(?P<name>[^/{}].*)", re.DOTALL)
_HOSTED = re.compile(r"/opt/ml/|/kaggle/|/content/|/lambda|/databricks")


class PredictableTempPath(Rule):
    """A file with a foreseeable name in a folder that every user of the machine can write to.

    ## Why is this bad?

    On a machine with several users, or several containers over one volume, `/tmp/model.pt` belongs to whoever makes it first.
    Somebody else can put a link or a file of their own there: your program then overwrites what the link points to, or
    loads a model that is not yours, and loading it can run code. `tempfile.mktemp` gives a name that is free now, not when
    the file is made. A file with mode 777 can be replaced by everybody.

    ## How to fix

    Use `tempfile.mkdtemp()`, `tempfile.TemporaryDirectory()` or `NamedTemporaryFile`: they make what they name, for you
    alone. Give files the mode 600 or 644, folders 700 or 755.

    ## When it is fine

    In a container of which one program is the only user. The rule is off by default for that reason.

    ## Limits

    Of literal paths, those are reported that a model is saved to, that is loaded by something that can run code, or that
    a socket listens on.

    ## Fix safety

    The fix is unsafe: the file exists from then on, which code that tests for it, or that wants to make a folder of that
    name, does not expect.
    """

    code = "MLW614"
    name = "predictable-temp-path"
    severity = Severity.LOW
    default = False
    calls = ("tempfile.mktemp", *_LOADERS, *_SAVERS, *_SOCKETS, *_MODES)
    cwe = (377, 732)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0018",)
    references = (
        Reference("Python: tempfile.mktemp", "https://docs.python.org/3/library/tempfile.html#tempfile.mktemp"),
        Reference("CVE-2025-10279, MLflow", "https://nvd.nist.gov/vuln/detail/CVE-2025-10279"),
    )
    examples = (
        Bad(
            """
            import tempfile
            import torch

            path = tempfile.mktemp(suffix=".pt")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            torch.save(model.state_dict(), path)
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`tempfile.mktemp` only gives a name: somebody else can make the file, or a link, before it is written",
            fixed="""
            import tempfile
            import torch

            path = tempfile.NamedTemporaryFile(suffix=".pt", delete=False).name
            torch.save(model.state_dict(), path)
            """,
        ),
        Bad(
            """
            import torch

            CHECKPOINT = "/tmp/best_model.pt"
            torch.save(model.state_dict(), CHECKPOINT)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`torch.save` writes '/tmp/best_model.pt', a name that every user of the machine can take first",
        ),
        Bad(
            """
            import os
            import joblib

            def predict(row):
                model = joblib.load(os.path.join("/tmp", "model.joblib"))
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return model.predict([row])
            """,
            severity=Severity.MEDIUM,
            message="`joblib.load` can run code and reads '/tmp/model.joblib', a name that every user of the machine can take first",
        ),
        Bad(
            """
            import os
            from pathlib import Path

            os.chmod("checkpoints", 0o777)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`os.chmod` with mode 777 lets every user of the machine replace the file",
        ),
        Bad(
            """
            import socket

            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.bind("/tmp/model-server.sock")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from pathlib import Path
            import pickle

            with open(Path("/tmp") / "encoder.pkl", "rb") as file:
                encoder = pickle.load(file)
                          ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Good(
            """
            import os
            import tempfile
            import torch

            folder = tempfile.mkdtemp()
            torch.save(model.state_dict(), os.path.join(folder, "model.pt"))
            with tempfile.NamedTemporaryFile(suffix=".pt") as file:
                torch.save(model.state_dict(), file.name)
            """,
            because="the folder and the file are made for this program alone",
        ),
        Good(
            """
            import os

            os.chmod("run.sh", 0o755)
            os.chmod("key.pem", 0o600)
            os.makedirs("out", mode=0o755, exist_ok=True)
            """,
            because="others can't write to them",
        ),
        Good(
            """
            import torch

            torch.save(model.state_dict(), "/data/tmp/model.pt")
            torch.save(model.state_dict(), "checkpoints/model.pt")
            """,
            because="these are no shared folders",
        ),
        Good(
            """
            def mktemp(suffix):
                return make_private_folder() + suffix

            path = mktemp(".pt")
            """,
            because="a function of the program's own",
        ),
        Good(
            """
            with open("/tmp/progress.txt", "w") as file:
                file.write("epoch 1")
            """,
            because="a note is no model",
        ),
        Missed(
            """
            import getpass
            import torch

            torch.save(model, f"/tmp/{getpass.getuser()}/model.pt")
            """,
            because="a name that the user's name makes unique is foreseeable all the same",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report foreseeable names, modes that let everybody write, and `mktemp`."""
        if call.name == "tempfile.mktemp":
            yield self.finding(
                call.span,
                "`tempfile.mktemp` only gives a name: somebody else can make the file, or a link, before it is written",
                fixes=_with_a_file(call),
            )
            return
        key = call.name if call.name else f"*.{call.attribute}"
        for table in (_MODES, _LOADERS, _SAVERS, _SOCKETS):
            place = table.get(key) or table.get(f"*.{call.attribute}")
            if place is None:
                continue
            if table is _MODES:
                yield from self._mode(call, call.argument(*place))
            else:
                yield from self._path(call, call.argument(*place), loads=table is _LOADERS)
            return

    def _mode(self, call: CallSite, value: Value) -> Iterator[Finding]:
        if any(
            isinstance(mode, int)
            and not isinstance(mode, bool)
            and 0 < mode <= 0o7777
            and mode & 0o002
            and not mode & 0o1000
            for mode in value.constants()
        ):
            mode = next(mode for mode in value.constants() if isinstance(mode, int) and mode & 0o002)
            name = call.name.replace("()", "") or call.attribute
            yield self.finding(
                call.span, f"`{name}` with mode {mode:o} lets every user of the machine replace the file"
            )

    def _path(self, call: CallSite, value: Value, *, loads: bool) -> Iterator[Finding]:
        from mlwarden.semantics.origins import OriginKind, origin_of

        path = next(
            (text for text in _literals(value) if _TEMPORARY.fullmatch(text) and not _HOSTED.search(text)), None
        )
        if path is None or origin_of(value).kind is not OriginKind.LITERAL:
            return
        name = call.name.replace("()", "") or call.attribute
        does = "can run code and reads" if loads else "listens on" if call.name in _SOCKETS else "writes"
        yield self.finding(
            call.span,
            f"`{name}` {does} '{path}', a name that every user of the machine can take first",
            severity=Severity.MEDIUM if loads else Severity.LOW,
        )


def _literals(value: Value, depth: int = 4) -> Iterator[str]:
    """The paths that a value is known to be or to be made from."""
    from mlwarden.semantics.values import Reference as Name

    for option in value.alternatives():
        if isinstance(option, Name) and option.content is not None and depth:
            yield from _literals(option.content, depth - 1)
        else:
            yield from option.strings()


def _with_a_file(call: CallSite) -> Iterator[Fix]:
    """`NamedTemporaryFile(delete=False).name`, which takes the same keywords; positions differ."""
    from mlwarden.model.fixes import TextEdit
    from mlwarden.rules.base import Span

    if not call.can_edit_arguments or any(not argument.keyword for argument in call.arguments):
        return
    callee = call.written
    keyword = call.add_keyword("delete", "False")
    if keyword is None or not callee.endswith(".mktemp"):
        return
    end = Span(call.span.end, call.span.end, call.cell)
    edits = (call.replace_callee(f"{callee.removesuffix('mktemp')}NamedTemporaryFile"), keyword, TextEdit(end, ".name"))
    yield Fix("Make the file at once", edits, Applicability.UNSAFE, "the file exists from then on")
