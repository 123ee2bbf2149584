"""Bytes to Document: discovery, decoding, lines, and the kinds of document."""
