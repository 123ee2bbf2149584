"""MLW0xx: about the run itself."""
