"""`blake2b` without `hashlib`, which loads OpenSSL for its other functions: 3 ms of a run that does nothing else."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another interpreter than CPython
    from hashlib import blake2b

__all__ = ["blake2b"]
