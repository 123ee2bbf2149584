"""mlwarden: fixes."""
