"""mlwarden: policy."""
