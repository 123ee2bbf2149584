"""The formats of tokens, by kind of provider."""
