"""Which checks run when, and which results count. The executor runs a check when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlwarden.config.settings import Settings
from mlwarden.model.errors import StoppedError
from mlwarden_lsp.analysis import Analysis
from mlwarden_lsp.checks import Checks
from mlwarden_lsp.snapshot import Part, Snapshot, TextSnapshot

pytestmark = pytest.mark.asyncio
A, B = "file:///a.py", "file:///b.py"


@dataclass
class Bench:
    """Documents with revisions, and what `Checks` did."""

    steps: Any
    revisions: dict[str, int] = field(default_factory=lambda: {A: 1})
    finished: list[tuple[str, int]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[tuple[str, int]] = field(default_factory=list)
    crash: Exception | None = None

    def __post_init__(self) -> None:
        self.checks = Checks(
            self.steps,
            self._snapshot,
            self._check,
            lambda analysis: self.finished.append((analysis.snapshot.uri, analysis.snapshot.revision)),
            lambda uri, error: self.failed.append((uri, str(error))),
        )

    def _snapshot(self, uri: str) -> Snapshot | None:
        revision = self.revisions.get(uri)
        return None if revision is None else TextSnapshot(uri, revision, Part(uri, revision, "", "python"))

    def _check(self, snapshot: Snapshot, stopped: Callable[[], bool]) -> Analysis:
        if stopped():
            self.stopped.append((snapshot.uri, snapshot.revision))
            raise StoppedError
        if self.crash is not None:
            raise self.crash
        return Analysis(snapshot, None, Settings())

    async def step(self) -> None:
        """Run the oldest check and let its result arrive."""
        self.steps.step()
        await turns()


async def turns() -> None:
    """Let everything happen that is ready to."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def bench(steps: Any) -> Bench:
    return Bench(steps)


async def test_a_pause_in_typing_starts_one_check(bench: Bench) -> None:
    done = asyncio.get_running_loop().create_future()
    for revision in (1, 2, 3):
        bench.revisions[A] = revision
        bench.checks.schedule(A, 0.001)
    bench.checks.schedule(B, 0.002)  # closed meanwhile: nothing to do
    asyncio.get_running_loop().call_later(0.05, done.set_result, None)
    await done
    assert len(bench.steps.tasks) == 1
    await bench.step()
    assert bench.finished == [(A, 3)]


async def test_what_changed_during_its_check_is_checked_again_after_it(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    for revision in (2, 3):
        bench.revisions[A] = revision
        bench.checks.schedule(A, 0)
    assert len(bench.steps.tasks) == 1  # one at a time for each document
    await bench.step()
    assert bench.finished == []
    await bench.step()
    assert bench.finished == [(A, 3)]
    assert bench.steps.tasks == []


async def test_a_running_check_is_broken_off_when_its_document_changes(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    bench.revisions[A] = 2
    bench.checks.schedule(A, 60)
    await bench.step()
    assert (bench.stopped, bench.finished, bench.failed, bench.steps.tasks) == ([(A, 1)], [], [], [])
    bench.checks.schedule(A, 0)
    await bench.step()
    assert bench.finished == [(A, 2)]


async def test_a_check_of_the_present_state_runs_to_its_end(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    bench.checks.schedule(A, 60)  # saved: nothing has changed
    await bench.step()
    assert (bench.stopped, bench.finished) == ([], [(A, 1)])


async def test_a_request_waits_for_the_check_after_one_that_was_broken_off(bench: Bench) -> None:
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    bench.revisions[A] = 2
    bench.checks.schedule(A, 60)
    await bench.step()
    await bench.step()
    analysis = await waiting
    assert analysis is not None
    assert (analysis.snapshot.revision, bench.stopped) == (2, [(A, 1)])


@pytest.mark.parametrize("end", ["outdate", "forget", "close"])
async def test_what_nobody_wants_is_broken_off(bench: Bench, end: str) -> None:
    bench.checks.schedule(A, 0)
    if end == "forget":
        bench.checks.forget(A)
    elif end == "close":
        bench.checks.close()
    else:
        bench.checks.outdate()
    await bench.step()
    assert (bench.stopped, bench.finished, bench.failed) == ([(A, 1)], [], [])


async def test_documents_do_not_wait_for_each_other(bench: Bench) -> None:
    bench.revisions[B] = 7
    bench.checks.schedule(A, 0)
    bench.checks.schedule(B, 0)
    assert len(bench.steps.tasks) == 2
    bench.steps.tasks.reverse()
    await bench.step()
    assert bench.finished == [(B, 7)]


async def test_a_result_for_an_older_state_is_dropped(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    bench.revisions[A] = 2
    await bench.step()
    assert (bench.finished, bench.checks.latest(A)) == ([], None)


async def test_a_result_under_older_settings_is_dropped(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    bench.checks.outdate()
    bench.checks.schedule(A, 0)
    await bench.step()
    assert bench.finished == []
    await bench.step()
    assert bench.finished == [(A, 1)]
    bench.checks.outdate()
    assert bench.checks.latest(A) is None


async def test_a_closed_document_is_forgotten(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    del bench.revisions[A]
    bench.checks.forget(A)
    assert await waiting is None
    await bench.step()
    assert bench.finished == []


async def test_a_document_opened_again_does_not_get_the_old_result(bench: Bench) -> None:
    bench.checks.schedule(A, 0)
    bench.checks.forget(A)
    bench.checks.schedule(A, 0)
    await bench.step()
    assert bench.finished == []
    await bench.step()
    assert bench.finished == [(A, 1)]


async def test_a_request_gets_the_result_for_the_present_state(bench: Bench) -> None:
    bench.checks.schedule(A, 60)  # the typing has not paused yet
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    await bench.step()
    analysis = await waiting
    assert analysis is not None
    assert analysis.snapshot.revision == 1
    assert bench.steps.tasks == []
    assert await bench.checks.current(A) is analysis  # no second check
    assert bench.finished == [(A, 1)]


async def test_a_request_survives_edits_while_it_waits(bench: Bench) -> None:
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    bench.revisions[A] = 2
    await bench.step()
    assert not waiting.done()
    await bench.step()
    analysis = await waiting
    assert analysis is not None
    assert analysis.snapshot.revision == 2


async def test_a_cancelled_request_leaves_the_check_alone(bench: Bench) -> None:
    one, two = (asyncio.ensure_future(bench.checks.current(A)) for _ in range(2))
    await turns()
    one.cancel()
    await turns()
    await bench.step()
    analysis = await two
    assert (one.cancelled(), bench.finished) == (True, [(A, 1)])
    assert analysis is not None


async def test_a_crash_is_told_and_the_next_check_runs(bench: Bench) -> None:
    bench.crash = ValueError("boom")
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    await bench.step()
    assert await waiting is None
    assert bench.failed == [(A, "boom")]
    bench.crash = None
    bench.checks.schedule(A, 0)
    await bench.step()
    assert bench.finished == [(A, 1)]


async def test_a_request_for_a_document_that_is_not_open(bench: Bench) -> None:
    assert await bench.checks.current(B) is None
    assert bench.checks.latest(B) is None


async def test_rerun_adds_to_a_running_check_only(bench: Bench) -> None:
    bench.checks.rerun(A)
    assert bench.steps.tasks == []
    bench.checks.schedule(A, 0)
    bench.revisions[A] = 2
    bench.checks.rerun(A)
    await bench.step()
    await bench.step()
    assert bench.finished == [(A, 2)]


async def test_closing_drops_everything(bench: Bench) -> None:
    bench.revisions[B] = 1
    bench.checks.schedule(A, 0)
    bench.checks.schedule(B, 60)
    waiting = asyncio.ensure_future(bench.checks.current(A))
    await turns()
    bench.checks.close()
    assert await waiting is None
    await bench.step()
    assert (bench.finished, bench.failed, bench.steps.tasks) == ([], [], [])
