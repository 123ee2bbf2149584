"""Scans on a Dask cluster (`--executor dask://HOST:PORT`), through the `concurrent.futures` face of `distributed`.

Workers read the files themselves, at the same paths: a result depends on sibling modules and dependency files too, so
that sending the files to check would not do. A scheduler is trusted with everything: what it and its workers send is
unpickled. So it is named on the command line only, never in a configuration file, which a repository brings along.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, NamedTuple

from mlwarden.model.errors import UsageError

_PREFIXES = {"dask://": "tcp://", "dask+tls://": "tls://"}
_TIMEOUT = 10
# A chunk is tried again on another worker when its own dies; after so many deaths it is taken to be the cause.
_RETRIES = 3
_LIBRARIES = ("mlwarden", "libcst", "bandit")


class Cluster(NamedTuple):
    """What a scan needs of a cluster.

    Attributes:
        executor: where to submit to.
        workers: how many chunks it can check at a time.
    """

    executor: Executor
    workers: int


def scheduler_address(text: str) -> str:
    """`dask://host:8786` -> `tcp://host:8786`.

    Raises:
        ValueError: it is not such an address; the message says what is expected.
    """
    for prefix, protocol in _PREFIXES.items():
        host, _, port = text.removeprefix(prefix).rpartition(":")
        if text.startswith(prefix) and host and port.isdigit() and "/" not in host:
            return f"{protocol}{host}:{port}"
    raise ValueError(f"expected dask://HOST:PORT or dask+tls://HOST:PORT, not '{text}'")


@contextmanager
def cluster(address: str, timeout: float = _TIMEOUT) -> Iterator[Cluster]:
    """Connect to a scheduler.

    Args:
        address: as `scheduler_address` gives it. Certificates for tls come from Dask's own configuration.
        timeout: how many seconds it may take to answer.

    Raises:
        UsageError: `distributed` is not installed, nobody answers, there are no workers, or they have other versions.
    """
    try:
        import distributed
    except ImportError as error:
        raise UsageError(f"scans on a cluster need `pip install 'mlwarden[dask]'` ({error})") from None
    connect: Any = distributed.Client  # its types are half written
    try:
        client = connect(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # TimeoutError is an OSError; TypeError: tls without certificates
        reason = str(error) or type(error).__name__
        raise UsageError(f"there is no Dask scheduler at {address}: {reason.splitlines()[0]}") from None
    try:
        threads: Mapping[str, int] = client.nthreads()
        if not threads:
            raise UsageError(f"the Dask scheduler at {address} has no workers")
        _compare(client.run(versions))
        yield Cluster(client.get_executor(pure=False, retries=_RETRIES), len(threads))
    finally:
        client.close()


def versions() -> dict[str, str]:
    """What decides on results besides files; workers must have the same."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"Python": ".".join(map(str, sys.version_info[:2]))}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def _compare(theirs: Mapping[str, Any]) -> None:
    ours = versions()
    for worker, found in theirs.items():
        for name, version in ours.items():
            if found.get(name) != version:
                raise UsageError(f"the worker {worker} has {name} {found.get(name, 'none')}, not {version} as here")
