"""The programs that documents start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.started import started_in_text
from mlwarden.source.documents import PlainText, slice_of

_COMPOSE = """\
services:
  line:
    command: mlflow server --host 0.0.0.0
  shell:
    command:
      - bash
      - -c
      - "mlflow server --host :: # all"
  split:
    command: ["mlflow"]
    args: ["server", "--host=0"]
  other:
    args: ["alone"]
  folded:
    command: >
      mlflow server
      --host ::0
  job:
    - run: |
        pip install x
        ray start --head
"""
_DOCKERFILE = """\
FROM python
RUN pip install x && \\
    # a remark
    jupyter lab
ENTRYPOINT ["mlflow"]
CMD ["server", "--port", "1"]
"""


def _shown(path: str, text: str) -> list[str]:
    return [" ".join((found.program, *found.texts)) for found in started_in_text(PlainText(path, text))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "compose.yml",
            _COMPOSE,
            [
                "mlflow server --host 0.0.0.0",
                "bash -c mlflow server --host :: # all",
                "mlflow server --host ::",
                "mlflow",
                "mlflow server --host=0",
                "alone",
                "mlflow server --host ::0",
                "pip install x",
                "ray start --head",
            ],
        ),
        ("Dockerfile", _DOCKERFILE, ["pip install x", "jupyter lab", "mlflow", "mlflow server --port 1"]),
        ("run.sh", "A=1 exec nohup python3 -u -m vllm.entrypoints.api --port 1 &\n", ["vllm.entrypoints.api --port 1"]),
        ("run.sh", "uvx --from mlflow-skinny mlflow ui\nuv run mlflow ui\n", ["mlflow ui", "mlflow ui"]),
        ("Procfile", "web: gunicorn -b0.0.0.0:80 a:b\n", ["gunicorn -b0.0.0.0:80 a:b"]),
        ("Makefile", "serve:\n\t@mlflow ui\n", ["mlflow ui"]),
        ("x.service", "[Service]\nExecStart=/usr/bin/mlflow ui\n", ["mlflow ui"]),
        ("README.md", "mlflow ui\n", []),
    ],
)
def test_programs_are_found_by_the_kind_of_file(path: str, text: str, expected: list[str]) -> None:
    assert _shown(path, text) == expected


def test_options_have_values_and_places() -> None:
    document = PlainText("run.sh", "x --host a --flag=False -b1 --host=b --last\n")
    (found,) = started_in_text(document)
    assert found.value("--host", "-h") == "b"
    assert found.value("-b") == "1"
    assert found.value("--none") is None
    assert found.value("--last") == ""
    assert found.has("--flag")
    assert not found.is_switched_on("--flag")
    edit = found.with_value("c", "--host")
    removal = found.without("--flag")
    assert edit is not None
    assert (slice_of(document, edit.span), edit.replacement) == ("--host=b", "--host=c")
    assert removal is not None
    assert slice_of(document, removal.span) == " --flag=False"


@given(
    st.sampled_from(["Dockerfile", "a.yml", "a.sh", "Makefile", "Procfile", "a.conf"]),
    st.lists(
        st.sampled_from(
            ['CMD ["', "RUN ", "command:", "args: [", "- ", "\n", '"]', "\\", "  ", "|", "mlflow", "'", ","]
        )
    ).map("".join),
)
def test_any_text_is_read_and_places_are_in_it(path: str, text: str) -> None:
    for found in started_in_text(PlainText(path, text)):
        assert 0 <= found.span.start <= found.span.end <= len(text)
