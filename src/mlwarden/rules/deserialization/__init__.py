"""MLW1xx: unsafe deserialization, loading it can run code."""
