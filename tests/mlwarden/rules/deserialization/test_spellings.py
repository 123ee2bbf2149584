"""One loader in many clothes: however it is imported, bound, wrapped or handed on, the call is found."""

from __future__ import annotations

import pytest

from mlwarden.testing import findings_in

# (code, module, function, what is passed besides the data)
LOADERS = [
    ("MLW101", "torch", "load", ", weights_only=False"),
    ("MLW102", "torch", "load", ""),
    ("MLW105", "torch", "load", ", pickle_module=dill"),
    ("MLW111", "pickle", "load", ""),
    ("MLW111", "pickle", "loads", ""),
    ("MLW111", "cPickle", "loads", ""),
    ("MLW111", "_pickle", "load", ""),
    ("MLW112", "dill", "loads", ""),
    ("MLW112", "cloudpickle", "load", ""),
    ("MLW112", "ray.cloudpickle", "loads", ""),
    ("MLW113", "joblib", "load", ""),
    ("MLW113", "sklearn.externals.joblib", "load", ""),
    ("MLW114", "pandas", "read_pickle", ""),
    ("MLW115", "numpy", "load", ", allow_pickle=True"),
    ("MLW116", "marshal", "loads", ""),
    ("MLW116", "shelve", "open", ""),
    ("MLW117", "jsonpickle", "decode", ""),
    ("MLW118", "yaml", "unsafe_load", ""),
    ("MLW118", "yaml", "load", ", Loader=yaml.Loader"),
    ("MLW119", "keras.models", "load_model", ", safe_mode=False"),
    ("MLW119", "tensorflow.keras.models", "load_model", ", safe_mode=False"),
    ("MLW124", "fastai.learner", "load_learner", ""),
    ("MLW128", "langchain_community.vectorstores", "FAISS.load_local", ", allow_dangerous_deserialization=True"),
]
SPELLINGS = {
    "plain": "import {module}\n{module}.{function}(data{more})",
    "alias": "import {module} as m\nm.{function}(data{more})",
    "from": "from {module} import {head}\n{function}(data{more})",
    "from_alias": "from {module} import {head} as h\nh{tail}(data{more})",
    "star": "from {module} import *\n{function}(data{more})",
    "in_function": "def f(data):\n    import {module} as m\n    return m.{function}(data{more})",
    "method": "import {module} as m\nclass A:\n    def f(self, data):\n        return m.{function}(data{more})",
    "bound": "import {module} as m\nread = m.{function}\nread(data{more})",
    "class_attribute": "import {module} as m\nclass A:\n    read = staticmethod(m.{function})\n"
    "    def f(self, data):\n        return self.read(data{more})",
    "instance_attribute": "import {module} as m\nclass A:\n    def __init__(self):\n        self.read = m.{function}\n"
    "    def f(self, data):\n        return self.read(data{more})",
    "table": "import {module} as m\nREADERS = {{'x': m.{function}}}\nREADERS['x'](data{more})",
    "partial": "import {module} as m\nfrom functools import partial\nread = partial(m.{function}{more})\nread(data)",
    "getattr": "import {module} as m\ngetattr(m, '{head}'){tail}(data{more})",
    "import_module": "import importlib\nm = importlib.import_module('{module}')\nm.{function}(data{more})",
    "try_import": "try:\n    import {module} as m\nexcept ImportError:\n    m = None\nm.{function}(data{more})",
    "default_argument": "import {module} as m\ndef f(data, read=m.{function}):\n    return read(data{more})",
    "wrapper": "import {module} as m\ndef f(data, **options):\n    return m.{function}(data, **options)\nf(data{more})",
    "keywords": "import {module} as m\nOPTIONS = dict({more_only})\nm.{function}(data, **OPTIONS)",
    "walrus": "import {module} as m\nif (x := m.{function}(data{more})):\n    pass",
    "lambda": "import {module} as m\nread = lambda data: m.{function}(data{more})\nread(data)",
    "comprehension": "import {module} as m\n[m.{function}(data{more}) for data in files]",
    "nested": "import {module} as m\nprint(len([m.{function}(data{more})]))",
    "async": "import {module} as m\nasync def f(data):\n    return await run(m.{function}(data{more}))",
    "conditional": "import {module} as m\nx = m.{function}(data{more}) if data else None",
}


def _code(spelling: str, module: str, function: str, more: str) -> str:
    head, dot, rest = function.partition(".")
    code = SPELLINGS[spelling].format(
        module=module, function=function, head=head, tail=dot + rest, more=more, more_only=more.removeprefix(", ")
    )
    needed = "import dill\n" if "dill" in more else ""
    return needed + ("import yaml\n" if "yaml." in more else "") + code + "\n"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("code", "module", "function", "more"), LOADERS, ids=[f"{code}-{m}.{f}" for code, m, f, _ in LOADERS]
)
def test_every_spelling_is_found(code: str, module: str, function: str, more: str, spelling: str) -> None:
    if (module, spelling) == ("shelve", "star"):
        function = "DbfilenameShelf"  # `open` stays the builtin, as far as the analysis goes
    found = findings_in(code, _code(spelling, module, function, more))
    assert {finding.code for finding in found} == {code}


# LangChain's flag leaves no doubt, whatever the object is called.
FUNCTIONS = [loader for loader in LOADERS if loader[0] != "MLW128"]
# Code that only looks like one of the loaders.
LOOK_ALIKES = {
    "own_function": "def {head}(data, **options):\n    return data\n{head}(data{more})",
    "own_class": "class {top}:\n    pass\n{top}.{function}(data{more})",
    "parameter": "def f({top}, data):\n    return {top}.{function}(data{more})",
    "other_module": "from project import {top}\n{top}.{function}(data{more})",
    "attribute_of_unknown": "store.{function}(data{more_loose})",
    "rebound": "import {module}\n{top} = object()\n{top}.{function}(data{more})",
    "in_a_string": "text = '{module}.{function}(data)'",
    "in_a_comment": "# {module}.{function}(data{more})",
    "only_named": "import {module}\nread = {module}.{function}",
}


@pytest.mark.parametrize("shape", LOOK_ALIKES)
@pytest.mark.parametrize(
    ("code", "module", "function", "more"), FUNCTIONS, ids=[f"{code}-{m}.{f}" for code, m, f, _ in FUNCTIONS]
)
def test_look_alikes_are_left_alone(code: str, module: str, function: str, more: str, shape: str) -> None:
    text = LOOK_ALIKES[shape].format(
        module=module,
        function=function,
        head=function.partition(".")[0],
        top=module.partition(".")[0],
        more=more,
        more_loose="" if "." in more.replace(", ", "") else more,
    )
    needed = "import dill\n" if "dill" in more and not shape.startswith("in_") else ""
    assert findings_in(code, needed + text + "\n") == ()
