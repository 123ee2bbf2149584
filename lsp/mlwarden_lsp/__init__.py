"""The language server: thin; the findings and edits are the engine's own."""
