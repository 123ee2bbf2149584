"""MLW3xx: secrets in code, notebooks and configuration."""
