"""mlwarden: cli."""
