"""MLW2xx: untrusted downloads."""
