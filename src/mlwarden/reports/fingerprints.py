"""Identities of findings for systems that want each one's own: the fingerprint and its occurrence in the file."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from mlwarden.model.findings import Finding


class Fingerprints:
    """Hands out the identities of one file's findings, in the order of their places."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: Counter[str] = Counter()

    def identity(self, finding: Finding) -> str:
        """`<fingerprint>:<occurrence>`: equal lines share a fingerprint; the occurrence, from 1, tells them apart."""
        fingerprint = finding.fingerprint or _of_text(self._path, finding)
        self._seen[fingerprint] += 1
        return f"{fingerprint}:{self._seen[fingerprint]}"


def _of_text(path: str, finding: Finding) -> str:
    """For findings that policy has not seen (a report made by hand): what is said about which file."""
    return sha256(f"{path}\0{finding.code}\0{finding.message}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
