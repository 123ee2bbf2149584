"""mlwarden: secrets."""
