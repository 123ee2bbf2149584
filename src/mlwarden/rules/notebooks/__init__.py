"""MLW7xx: notebook execution."""
