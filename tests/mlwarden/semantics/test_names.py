"""Names: every way to import, rename, hand over and hide a callable."""

from __future__ import annotations

import pytest

from mlwarden.testing import model_of

FOUND = {
    "plain": "import torch\ntorch.load(p)",
    "alias": "import torch as t\nt.load(p)",
    "from": "from torch import load\nload(p)",
    "from_alias": "from torch import load as read\nread(p)",
    "parenthesised": "from torch import (\n    nn,\n    load as read,\n)\nread(p)",
    "several": "import os, torch as t\nt.load(p)",
    "star": "from torch import *\nload(p)",
    "in_function": "def f():\n    import torch\n    torch.load(p)",
    "in_try": "try:\n    import torch\nexcept ImportError:\n    torch = None\ntorch.load(p)",
    "in_if": "if cuda:\n    from torch import load\nelse:\n    from json import load\nload(p)",
    "submodule": "import torch.serialization\ntorch.serialization.load(p)",
    "rebound": "import torch\nread = torch.load\nread(p)",
    "rebound_twice": "import torch\na = torch\nb = a.load\nb(p)",
    "tuple": "import torch, json\nread, other = torch.load, json.load\nread(p)",
    "walrus": "import torch\nif (read := torch.load):\n    read(p)",
    "getattr": "import torch\ngetattr(torch, 'load')(p)",
    "import_module": "import importlib\nimportlib.import_module('torch').load(p)",
    "dunder_import": "__import__('torch').load(p)",
    "sys_modules": "import sys\nsys.modules['torch'].load(p)",
    "partial": "import torch\nfrom functools import partial\nread = partial(torch.load, map_location='cpu')\nread(p)",
    "partial_of_partial": "import torch, functools as f\nf.partial(f.partial(torch.load, p), map_location='cpu')()",
    "lambda": "import torch\nread = lambda p: torch.load(p)",
    "dispatch": "import torch, json\nLOADERS = {'pt': torch.load, 'json': json.load}\nLOADERS[kind](p)",
    "dispatch_get": "import torch\n{'pt': torch.load}.get(kind)(p)",
    "list_of_callables": "import torch, json\nfor read in [json.load, torch.load]:\n    read(p)",
    "conditional": "import torch, json\n(torch.load if binary else json.load)(p)",
    "or": "import torch\n(custom or torch.load)(p)",
    "class_attribute": "import torch\nclass A:\n    read = torch.load\nA.read(p)",
    "instance_attribute": "import torch\nclass A:\n    def __init__(self):\n        self.read = torch.load\n"
    "    def go(self):\n        self.read(p)",
    "default": "import torch\ndef f(p, read=torch.load):\n    return read(p)",
    "returned": "import torch\ndef loader():\n    return torch.load\nloader()(p)",
    "passed": "import torch\ndef apply(f, p):\n    return f(p)\napply(torch.load, p)",
    "map": "import torch\nlist(map(torch.load, paths))",
    "submit": "import torch\npool.submit(torch.load, p)",
    "thread": "import torch, threading\nthreading.Thread(target=torch.load, args=(p,)).start()",
    "to_thread": "import torch, asyncio\nasync def f():\n    await asyncio.to_thread(torch.load, p)",
    "comprehension": "import torch\n[torch.load(p) for p in paths]",
    "decorated": "import torch\n@torch.no_grad()\ndef f():\n    return torch.load(p)",
    "nested_function": "import torch\ndef f():\n    def g():\n        torch.load(p)",
    "closure": "def f():\n    import torch\n    def g():\n        torch.load(p)",
    "global": "def init():\n    global torch\n    import torch\ndef use():\n    torch.load(p)",
    "match": "import torch\nmatch kind:\n    case 'pt':\n        torch.load(p)",
    "with": "import torch\nwith torch.no_grad():\n    torch.load(p)",
    "f_string": "import torch\nprint(f'{torch.load(p)!r}')",
    "keyword_value": "import torch\nf(x=torch.load(p))",
    "assert": "import torch\nassert torch.load(p)",
    "return": "import torch\ndef f():\n    return torch.load(p)",
    "await_top_level": "import torch\nawait f(torch.load(p))",
    "dead_code": "import torch\ndef f():\n    return 1\n    torch.load(p)",
    "full_width": "import torch\ntorch.ｌｏａｄ(p)",
    "vars_of_module": "import torch\ntorch.__dict__['load'](p)",
    "type_checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\ntorch.load(p)",
    "partialmethod": "import torch, functools\nclass A:\n    read = functools.partial(torch.load, weights_only=False)\n"
    "    def go(self):\n        self.read(p)",
    "static_method": "import torch\nclass A:\n    @staticmethod\n    def read(p):\n        return torch.load(p)\nA.read('x')",
    "property": "import torch\nclass A:\n    @property\n    def read(self):\n        return torch.load\n"
    "    def go(self):\n        self.read(p)",
    "inherited": "import torch\nclass Base:\n    read = staticmethod(torch.load)\nclass A(Base):\n    def go(self):\n"
    "        self.read(p)",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in FOUND.items()])
def test_found(code: str) -> None:
    assert model_of(code).calls_of("torch.load") != []


SILENT = {
    "other_module": "import json\njson.load(p)",
    "own_function": "def load(p):\n    pass\nload(p)",
    "own_function_after_import": "from torch import load\ndef load(p):\n    pass\nload(p)",
    "parameter": "import torch\ndef f(torch):\n    torch.load(p)",
    "lambda_parameter": "import torch\nf = lambda torch: torch.load(p)",
    "loop_variable": "import torch\nfor torch in things:\n    torch.load(p)",
    "comprehension_variable": "import torch\n[torch.load(p) for torch in things]",
    "rebound_before": "import torch\ntorch = Thing()\ntorch.load(p)",
    "deleted": "import torch\ndel torch\ntorch.load(p)",
    "class_named_so": "class torch:\n    @staticmethod\n    def load(p):\n        pass\ntorch.load(p)",
    "method": "import torch\nclass A:\n    def load(self, p):\n        pass\nA().load(p)",
    "self_method": "import torch\nclass A:\n    def load(self, p):\n        pass\n    def go(self):\n        self.load(p)",
    "other_attribute": "import torch\ntorch.jit.load(p)",
    "never_imported": "torch.load(p)",
    "string": "import torch\nx = 'torch.load(p)'",
    "comment": "import torch\n# torch.load(p)",
    "except_name": "import torch\ntry:\n    pass\nexcept E as torch:\n    torch.load(p)",
    "with_name": "import torch\nwith x as torch:\n    torch.load(p)",
    "only_named": "import torch\nread = torch.load",
    "only_compared": "import torch\nif f is torch.load:\n    pass",
    "class_scope_is_not_seen_by_methods": "class A:\n    from torch import load\n    def go(self):\n        load(p)",
    "walrus_rebound": "import torch\nif (torch := other()):\n    torch.load(p)",
    "match_capture": "import torch\nmatch x:\n    case [torch]:\n        torch.load(p)",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in SILENT.items()])
def test_silent(code: str) -> None:
    assert model_of(code).calls_of("torch.load") == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import tensorflow as tf\ntf.keras.models.load_model(p)", "keras.models.load_model"),
        ("from tensorflow import keras\nkeras.models.load_model(p)", "keras.models.load_model"),
        ("from tensorflow.keras.models import load_model\nload_model(p)", "keras.models.load_model"),
        ("from tf_keras.models import load_model as lm\nlm(p)", "keras.models.load_model"),
        ("from six.moves import cPickle\ncPickle.load(f)", "pickle.load"),
        ("import builtins\nbuiltins.eval(x)", "eval"),
        ("__builtins__.eval(x)", "eval"),
        ("import tarfile\nwith tarfile.open(p) as t:\n    t.extractall()", "tarfile.TarFile().extractall"),
        ("import tarfile\ntarfile.open(p).extractall()", "tarfile.TarFile().extractall"),
        ("import tarfile\ndef f(t: tarfile.TarFile):\n    t.extractall()", "tarfile.TarFile().extractall"),
        ("import tarfile\ndef f(t: 'tarfile.TarFile | None'):\n    t.extractall()", "tarfile.TarFile().extractall"),
        (
            "import tarfile\nfrom typing import Optional\ndef f(t: Optional[tarfile.TarFile] = None):\n    t.extractall()",
            "tarfile.TarFile().extractall",
        ),
        ("import gradio as gr\ngr.Blocks().queue().launch()", "gradio.Blocks().launch"),
        ("import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch()", "gradio.Blocks().launch"),
        (
            "import gradio as gr\nclass App:\n    def __init__(self):\n        self.app = gr.Blocks()\n"
            "    def run(self):\n        self.app.launch()",
            "gradio.Blocks().launch",
        ),
        (
            "import gradio as gr\ndef make() -> gr.Blocks:\n    return build()\nmake().launch()",
            "gradio.Blocks().launch",
        ),
        (
            "import gradio as gr\ndef make():\n    with gr.Blocks() as demo:\n        pass\n    return demo\nmake().launch()",
            "gradio.Blocks().launch",
        ),
        (
            "from transformers import PreTrainedModel\nclass Net(PreTrainedModel):\n    pass\nNet.from_pretrained('x')",
            "transformers.PreTrainedModel.from_pretrained",
        ),
        ("from .io import load\nload(p)", ".io.load"),
    ],
)
def test_qualified_name(code: str, name: str) -> None:
    assert model_of(code).calls_of(name) != []


def test_relative_imports_count_from_the_module() -> None:
    assert model_of("from ..io import load\nload(p)", module_name="app.models.net").calls_of("app.io.load") != []


def test_an_earlier_call_is_not_excused_by_a_later_rebinding() -> None:
    model = model_of("from torch import load\nload(p)\nfrom json import load\nload(p)")
    assert [call.span.start for call in model.calls_of("torch.load")] == [23]
    assert [call.span.start for call in model.calls_of("json.load")] == [53]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import lib\nclass A(lib.Server):\n    pass\nA(1)", "lib.Server"),
        ("import lib\nclass A(lib.Server):\n    port = 1\nclass B(A):\n    pass\nB(1)", "lib.Server"),
        ("import lib\nclass A(lib.Server):\n    def __init__(self):\n        super().__init__(1)", "lib.Server"),
        ("import lib\nclass A(lib.Server):\n    def __init__(self):\n        super(A, self).__init__(1)", "lib.Server"),
    ],
)
def test_constructor_of_a_derived_class(code: str, name: str) -> None:
    assert [call.argument("port", 0).constants() for call in model_of(code).calls_of(name)] == [(1,)]


@pytest.mark.parametrize(
    "code",
    [
        "import lib\nclass A(lib.Server):\n    def __init__(self, x):\n        self.x = x\nA(1)",
        "class A:\n    pass\nA(1)",
        "import lib, other\nclass A(lib.Server, other.Mixin):\n    pass\nA(1)",
    ],
)
def test_constructor_of_its_own(code: str) -> None:
    assert not model_of(code).calls_of("lib.Server")
