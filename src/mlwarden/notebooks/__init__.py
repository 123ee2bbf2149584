"""Jupyter notebooks: cells, magics, outputs, and the mapping from a cell's source to the text of the .ipynb."""
