"""Files to measure on where no real ones are given: functions as training scripts have them, in any number."""

from __future__ import annotations

import json

_HEAD = (
    '"""A training script, made for a benchmark."""\n\nimport os\nimport pickle\n\nimport torch\nfrom torch import nn\n'
)
_PART = '''

class Block{n}(nn.Module):
    """One of many layers."""

    def __init__(self, width, depth=2):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])

    def forward(self, batch):
        for layer in self.layers:
            batch = torch.relu(layer(batch)) + batch
        return batch


def read_part_{n}(folder, names):
    """All parts whose files are there."""
    parts = []
    for name in names:
        path = os.path.join(folder, f"{{name}}-{n}.bin")
        if not os.path.exists(path):
            continue
        with open(path, "rb") as file:
            parts.append(pickle.load(file))
    return parts


def train_{n}(folder, names, steps=10):
    """Train on what was read."""
    model = Block{n}(16)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step, part in enumerate(read_part_{n}(folder, names)[:steps]):
        loss = model(part).square().mean()
        loss.backward()
        optimizer.step()
        print(step, float(loss))
    return model
'''


def python_file(lines: int) -> str:
    """Code of about this many lines."""
    count = max(1, round(lines / _PART.count("\n")))
    return _HEAD + "".join(_PART.format(n=number) for number in range(count))


def notebook(cells: int) -> str:
    """A notebook with this many cells, every third of them text."""
    made = []
    for number in range(cells):
        text = number % 3 == 0
        source = (
            f"## Part {number}\n\nWhat comes next."
            if text
            else (_HEAD if number == 1 else _PART.format(n=number).strip())
        )
        code = {} if text else {"execution_count": None, "outputs": []}
        made.append({"cell_type": "markdown" if text else "code", "metadata": {}, "source": source, **code})
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}, indent=1)
