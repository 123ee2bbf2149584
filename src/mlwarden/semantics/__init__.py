"""From libcst trees to a `SemanticModel`: names, values, light dataflow, and calls by qualified name."""
