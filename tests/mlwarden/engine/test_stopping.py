"""A check that nobody waits for any more is broken off, and leaves nothing behind that a later check would stumble over."""

from __future__ import annotations

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check_document
from mlwarden.engine.memory import Memory
from mlwarden.engine.project import Project
from mlwarden.model.errors import StoppedError
from mlwarden.source.documents import PythonModule

TEXT = "import torch\n\n" + "".join(
    f"def load_{number}(path):\n    return torch.load(path, weights_only=False)\n\n" for number in range(5)
)


class Stop:
    """Says so when it is asked for the nth time."""

    def __init__(self, after: int) -> None:
        self.asked, self._after = 0, after

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked > self._after


def test_it_is_asked_before_each_statement_and_each_function() -> None:
    never = Stop(1_000)
    result = check_document(PythonModule("a.py", TEXT), None, Settings(), Project(), never)
    assert [finding.code for finding in result.verdict.reported] == ["MLW101"] * 5
    assert never.asked == 6 + 5  # the import and five functions are read, then the functions are gone through


@pytest.mark.parametrize("after", range(11))
def test_wherever_it_is_broken_off_the_next_check_is_whole(after: int) -> None:
    project = Project(memory=Memory())
    document = PythonModule("a.py", TEXT)
    with pytest.raises(StoppedError):
        check_document(document, None, Settings(), project, Stop(after))
    again = check_document(document, None, Settings(), project)
    assert again == check_document(document, None, Settings(), Project())
    assert len(again.verdict.reported) == 5
