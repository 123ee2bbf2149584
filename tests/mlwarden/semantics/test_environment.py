"""Where environment variables are set, and the edits that unset them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.environment import is_set, is_unset, settings_in_code, settings_in_text
from mlwarden.source.documents import PlainText
from mlwarden.testing import model_of

NAME = "SAFE_MODE"

CODE = {
    "item": ("import os\nos.environ['SAFE_MODE'] = '1'", "1"),
    "bytes_module": ("from os import environ\nenviron['SAFE_MODE'] = '0'", "0"),
    "setdefault": ("import os\nos.environ.setdefault('SAFE_MODE', 'yes')", "yes"),
    "putenv": ("import os\nos.putenv('SAFE_MODE', '1')", "1"),
    "update": ("import os\nos.environ.update(SAFE_MODE='1')", "1"),
    "update_mapping": ("import os\nos.environ.update({'SAFE_MODE': '1'})", "1"),
    "constant": ("import os\nKEY = 'SAFE_MODE'\nos.environ[KEY] = '1'", "1"),
    "fixture": ("def test(monkeypatch):\n    monkeypatch.setenv('SAFE_MODE', '1')", "1"),
    "child": ("import os, subprocess\nsubprocess.run('x', env={**os.environ, 'SAFE_MODE': '1'})", "1"),
}


@pytest.mark.parametrize("case", CODE)
def test_in_code(case: str) -> None:
    code, value = CODE[case]
    found = list(settings_in_code(model_of(code), NAME))
    assert [setting.value.string() for setting in found] == [value]


OTHER_CODE = {
    "read": "import os\nos.environ['SAFE_MODE']\nos.environ.get('SAFE_MODE', '1')",
    "other": "import os\nos.environ['SAFE_MODE_2'] = '1'\nos.environ['X_SAFE_MODE'] = '1'",
    "deleted": "import os\nos.environ.pop('SAFE_MODE', None)\ndel os.environ['SAFE_MODE']",
    "own_dictionary": "environ = {}\nenviron['SAFE_MODE'] = '1'",
}


@pytest.mark.parametrize("case", OTHER_CODE)
def test_other_code(case: str) -> None:
    assert list(settings_in_code(model_of(OTHER_CODE[case]), NAME)) == []


@pytest.mark.parametrize(
    ("value", "on", "off"),
    [("'1'", True, False), ("'True'", True, False), ("'0'", False, True), ("'off'", False, True), ("x", False, False)],
)
def test_on_and_off(value: str, on: bool, off: bool) -> None:
    model = model_of(f"import os\nos.environ['SAFE_MODE'] = {value}\n")
    assert (is_set(model, NAME), is_unset(model, NAME)) == (on, off)


# (path, text, the part that sets it, the text without it or None)
TEXTS = {
    "env": (".env", "A=1\nSAFE_MODE=1\nB=2\n", "SAFE_MODE=1", "A=1\nB=2\n"),
    "env_quoted": (".env", 'SAFE_MODE="true"\n', 'SAFE_MODE="true', ""),
    "env_crlf": (".env", "A=1\r\nSAFE_MODE=1\r\nB=2\r\n", "SAFE_MODE=1", "A=1\r\nB=2\r\n"),
    "export": ("run.sh", "export SAFE_MODE=1\npython x.py\n", "SAFE_MODE=1", "python x.py\n"),
    "prefix": ("run.sh", "SAFE_MODE=1 python x.py\n", "SAFE_MODE=1", None),
    "docker": ("Dockerfile", "FROM x\nENV SAFE_MODE=1\n", "SAFE_MODE=1", "FROM x\n"),
    "docker_space": ("Dockerfile", "FROM x\nENV SAFE_MODE 1\n", "SAFE_MODE 1", "FROM x\n"),
    "docker_continued": ("Dockerfile", "ENV A=1 \\\n    SAFE_MODE=1\n", "SAFE_MODE=1", None),
    "yaml": ("compose.yml", "env:\n  SAFE_MODE: '1'\n", "SAFE_MODE: '1", "env:\n"),
    "yaml_list": ("compose.yml", "env:\n  - SAFE_MODE=1\n", "SAFE_MODE=1", "env:\n"),
    "kubernetes": ("pod.yaml", "- name: SAFE_MODE\n  value: '1'\n", "SAFE_MODE\n  value: '1", None),
    "json": ("launch.json", '{"env": {"SAFE_MODE": "1"}}', 'SAFE_MODE": "1', None),
    "toml": ("tool.toml", 'SAFE_MODE = "1"\n', 'SAFE_MODE = "1', ""),
    "unit": ("x.service", "[Service]\nEnvironment=SAFE_MODE=1\n", "SAFE_MODE=1", None),
    "powershell": ("run.ps1", "$env:SAFE_MODE='1'\n", "SAFE_MODE='1", None),
}


@pytest.mark.parametrize("case", TEXTS)
def test_in_text(case: str) -> None:
    path, text, part, without = TEXTS[case]
    found = list(settings_in_text(PlainText(path, text), NAME))
    assert [text[setting.span.start : setting.span.end] for setting in found] == [part]
    edit = found[0].removal
    if without is None:
        assert edit is None
    else:
        assert edit is not None
        assert text[: edit.span.start] + edit.replacement + text[edit.span.end :] == without


OTHER_TEXTS = {
    "comment": ("run.sh", "# SAFE_MODE=1\n"),
    "slashes": ("settings.jsonc", "// SAFE_MODE=1\n"),
    "longer": (".env", "SAFE_MODE_OFF=1\nMY_SAFE_MODE=1\n"),
    "unset": ("run.sh", "unset SAFE_MODE\n"),
    "use": ("run.sh", 'if [ "$SAFE_MODE" = 1 ]; then x; fi\n'),
    "prose": ("README.md", "SAFE_MODE=1\n"),
}


@pytest.mark.parametrize("case", OTHER_TEXTS)
def test_other_text(case: str) -> None:
    assert list(settings_in_text(PlainText(*OTHER_TEXTS[case]), NAME)) == []


@given(st.text(alphabet="SAFE_MODE=1 \n\r\t#\"':-$\\", max_size=80))
def test_edits_lie_within_the_text(text: str) -> None:
    for setting in settings_in_text(PlainText(".env", text), NAME):
        assert text[setting.span.start :].startswith(NAME)
        if setting.removal is not None:
            span = setting.removal.span
            assert 0 <= span.start <= setting.span.start <= setting.span.end <= span.end <= len(text)
