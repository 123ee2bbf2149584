"""The rules: one file each, in a folder per family, listed in the generated `_index.py`."""
