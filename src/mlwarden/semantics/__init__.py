"""mlwarden: semantics."""
