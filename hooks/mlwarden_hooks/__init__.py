"""pre-commit entry points: thin, one file per hook."""
