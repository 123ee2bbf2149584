"""mlwarden: reports."""
