"""What loaders read, how bad that is, and which unpicklers are restricted."""

from __future__ import annotations

import pytest

from mlwarden.model.levels import Confidence, Severity
from mlwarden.semantics.calls import CallSite
from mlwarden.semantics.loaders import (
    Reading,
    data_of,
    has_suffix,
    left_out,
    reading,
    restricted_receiver,
    switched_off,
    switched_on,
)
from mlwarden.testing import model_of


def _judge(code: str, loader: str = "pickle.load") -> Reading | None:
    model = model_of(code)
    calls = model.calls_of(loader)
    assert calls, "the loader was not found"
    judged = [reading(call, model, data_of(call)) for call in calls]
    return max(judged, key=lambda one: (one is not None, one.severity if one else 0))


def _argument(value: str) -> CallSite:
    return model_of(f"import torch\ntorch.load(f, weights_only={value})\n").calls_of("torch.load")[-1]


@pytest.mark.parametrize(
    ("value", "off", "on"),
    [
        ("False", Confidence.HIGH, None),
        ("0", Confidence.HIGH, None),
        ("''", Confidence.HIGH, None),
        ("not True", Confidence.HIGH, None),
        ("True", None, Confidence.HIGH),
        ("1", None, Confidence.HIGH),
        ("'yes'", None, Confidence.HIGH),
        ("None", None, None),
        ("flag", None, None),
        ("False if x else True", Confidence.MEDIUM, Confidence.MEDIUM),
        ("x or False", Confidence.MEDIUM, None),
    ],
)
def test_switches(value: str, off: Confidence | None, on: Confidence | None) -> None:
    given = _argument(value).argument("weights_only")
    assert (switched_off(given), switched_on(given)) == (off, on)


@pytest.mark.parametrize(
    ("value", "left"), [("None", True), ("False", False), ("x", False), ("None if x else y", True)]
)
def test_left_out(value: str, left: bool) -> None:
    assert left_out(_argument(value).argument("weights_only")) is left


IN_MEMORY = {
    "expression": "import pickle\npickle.loads(pickle.dumps(x))",
    "variable": "import pickle\nblob = pickle.dumps(x)\npickle.loads(blob)",
    "other_module": "import pickle, cloudpickle\npickle.loads(cloudpickle.dumps(x))",
    "function": "import pickle\ndef copy(x):\n    blob = pickle.dumps(x)\n    return pickle.loads(blob)",
}


@pytest.mark.parametrize("case", IN_MEMORY)
def test_round_trips_in_memory_are_no_reading(case: str) -> None:
    assert _judge(IN_MEMORY[case], "pickle.loads") is None


def test_a_buffer_that_was_written_before() -> None:
    written = "import io, pickle\nb = io.BytesIO()\npickle.dump(x, b)\nb.seek(0)\npickle.load(b)"
    assert _judge(written) is None
    filled = "import io, pickle\nb = io.BytesIO()\ns3.download_fileobj('bucket', 'key', b)\nb.seek(0)\npickle.load(b)"
    judged = _judge(filled)
    assert judged is not None
    assert judged.severity is Severity.MEDIUM


GRADES = {
    "literal": ("import pickle\npickle.load(open('x.pkl', 'rb'))", Severity.LOW, Confidence.HIGH),
    "parameter": ("import pickle\ndef f(p):\n    pickle.load(open(p, 'rb'))", Severity.MEDIUM, Confidence.MEDIUM),
    "command_line": ("import pickle, sys\npickle.load(open(sys.argv[1], 'rb'))", Severity.MEDIUM, Confidence.HIGH),
    "download": (
        "import pickle\nfrom urllib.request import urlopen\npickle.load(urlopen('https://example.com/x.pkl'))",
        Severity.HIGH,
        Confidence.HIGH,
    ),
    "own_file": (
        "import pickle\ndef f(p):\n    pickle.dump(1, open(p, 'wb'))\n    return pickle.load(open(p, 'rb'))",
        Severity.LOW,
        Confidence.MEDIUM,
    ),
    "written_after": (
        "import pickle\ndef f(p):\n    old = pickle.load(open(p, 'rb'))\n    pickle.dump(old, open(p, 'wb'))",
        Severity.MEDIUM,
        Confidence.MEDIUM,
    ),
    "written_elsewhere": (
        "import pickle\ndef w(p):\n    pickle.dump(1, open(p, 'wb'))\ndef r(p):\n    pickle.load(open(p, 'rb'))",
        Severity.MEDIUM,
        Confidence.MEDIUM,
    ),
    "temporary": (
        "import pickle, tempfile\nwith tempfile.TemporaryFile() as f:\n    pickle.load(f)",
        Severity.LOW,
        Confidence.MEDIUM,
    ),
    "digest": (
        "import hashlib, pickle\ndef f(p, want):\n    data = open(p, 'rb')\n"
        "    if hashlib.sha256(data.read()).hexdigest() != want:\n        raise ValueError\n    pickle.load(data)",
        Severity.LOW,
        Confidence.MEDIUM,
    ),
}


@pytest.mark.parametrize("case", GRADES)
def test_grades(case: str) -> None:
    code, severity, confidence = GRADES[case]
    judged = _judge(code)
    assert judged is not None
    assert (judged.severity, judged.confidence) == (severity, confidence)


def test_an_opt_out_is_worse_by_a_step() -> None:
    model = model_of("import torch\ndef f(p):\n    torch.load(p)\ntorch.load('x.pt')\n")
    calls = model.calls_of("torch.load")
    graded = {
        call.argument("f", 0).string(): reading(call, model, call.argument("f", 0), opted_out=Confidence.HIGH)
        for call in calls
    }
    assert {path: (read.severity, read.confidence) for path, read in graded.items() if read is not None} == {
        "x.pt": (Severity.MEDIUM, Confidence.HIGH),
        None: (Severity.HIGH, Confidence.HIGH),
    }


FIND_CLASS = {
    "raises": ("raise pickle.UnpicklingError(name)", True),
    "listed": ("return ALLOWED[module, name]", True),
    "asserts": ("assert module in ALLOWED\n        return super().find_class(module, name)", True),
    "delegates": ("return super().find_class(module, name)", False),
    "renames": ("return super().find_class(module.replace('a', 'b'), name)", False),
    "by_name": ("return pickle.Unpickler.find_class(self, module, name)", False),
}


@pytest.mark.parametrize("case", FIND_CLASS)
def test_restricted_unpicklers(case: str) -> None:
    body, restricted = FIND_CLASS[case]
    code = (
        "import pickle\nclass U(pickle.Unpickler):\n    def find_class(self, module, name):\n"
        f"        {body}\nU(open('x', 'rb')).load()\n"
    )
    calls = [call for call in model_of(code).calls if call.attribute == "load"]
    assert [restricted_receiver(call) for call in calls] == [restricted]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("'m.h5'", True),
        ("'M.H5'", True),
        ("'m.h5?download=true'", True),
        ("f'{folder}/m.h5'", True),
        ("os.path.join(folder, 'm.h5')", True),
        ("Path(folder) / 'm.h5'", True),
        ("keras.utils.get_file('m.h5', url)", True),
        ("'m.keras'", False),
        ("path", False),
        ("'h5'", False),
    ],
)
def test_suffixes(path: str, found: bool) -> None:
    code = f"import os, keras, pickle\nfrom pathlib import Path\npickle.load({path})\n"
    call = model_of(code).calls_of("pickle.load")[0]
    assert has_suffix(call.argument("file", 0), ".h5") is found
