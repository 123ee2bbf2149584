"""mlwarden: dev."""
