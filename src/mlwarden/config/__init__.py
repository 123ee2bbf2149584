"""Configuration: schema, discovery, precedence, provenance."""
