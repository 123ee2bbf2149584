"""mlwarden: engine."""
