"""What is remembered of documents that are checked again and again, as an editor does."""

from __future__ import annotations

from mlwarden.bandit_engine.memory import CellMemory
from mlwarden.semantics.fragments import FragmentMemory
from mlwarden.semantics.model_memory import ModelMemory


class Memory:
    """What was parsed of the documents, what they did, and what Bandit said; none of it changes what is found.

    Attributes:
        fragments: their statements.
        models: what these did.
        cells: what Bandit said of the cells of notebooks.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.fragments = FragmentMemory()
        self.models = ModelMemory()
        self.cells = CellMemory()
