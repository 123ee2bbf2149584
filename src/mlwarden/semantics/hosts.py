"""What an address that a server listens on, or a client talks to, means."""

from __future__ import annotations

import ipaddress


def is_open(host: str) -> bool:
    """Whether a server that listens on `host` can be reached from other machines on every network it is in."""
    text = host.strip().strip("[]").lower()
    if text in {"", "*"}:
        return text == "*"
    try:
        return ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return text in {"0", "0.0", "0.0.0"}


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    text = host.strip().strip("[]").lower().rstrip(".")
    if text == "localhost" or text.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
