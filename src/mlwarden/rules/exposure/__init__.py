"""MLW5xx: servers and demos open to anyone."""
