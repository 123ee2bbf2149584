from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.percent import percent_cells, percent_format

DATABRICKS = """# Databricks notebook source
# MAGIC %md
# MAGIC # Title

# COMMAND ----------

# DBTITLE 1,Install it
# MAGIC %pip install \\
# MAGIC   torch

# COMMAND ----------

import torch
x = '''
# COMMAND ----------
'''

# COMMAND ----------

# MAGIC %sh
# MAGIC curl http://x | sh
# MAGIC
# MAGIC ls
"""

JUPYTEXT = """# ---
# jupyter:
#   kernelspec:
#     name: python3
# ---

# %% [markdown]
# # Title with !marks and 50 % more

# %% load it tags=["a", "b"]
import torch
# %pip install x
if torch:
    pass
# !ls -la
# just 100 % sure

#%%
s = '''
# %%
'''

# %% language="bash"
# rm x

# In[3]:
y = 1
"""


def facts(text):
    return [
        (cell.kind, cell.language, cell.title, text[cell.span.start : cell.span.end]) for cell in percent_cells(text)
    ]


def magics(text):
    return [
        (cell.index, magic.kind, magic.name, magic.text, magic.body, text[magic.span.start : magic.span.end])
        for cell in percent_cells(text)
        for magic in cell.magics
    ]


def test_databricks():
    assert percent_format(DATABRICKS) == "databricks"
    parts = DATABRICKS.removeprefix("# Databricks notebook source\n").split("# COMMAND ----------\n\n")
    first, *others = parts
    inner = "# COMMAND ----------\n'''"
    assert inner in others[1]  # a mark inside a string
    mark = "# COMMAND ----------\n\n"
    assert facts(DATABRICKS) == [
        ("markdown", "markdown", "", first),
        ("code", "python", "Install it", mark + others[0]),
        ("code", "python", "", mark + others[1]),
        ("code", "sh", "", mark + others[2]),
    ]
    assert magics(DATABRICKS) == [
        (0, "cell", "md", "", "# Title\n", "%md\n# MAGIC # Title\n"),
        (1, "line", "pip", "install \\\n  torch", "", "%pip install \\\n# MAGIC   torch"),
        (3, "cell", "sh", "", "curl http://x | sh\n\nls\n", DATABRICKS[DATABRICKS.index("%sh") :]),
    ]


def test_jupytext():
    assert percent_format(JUPYTEXT) == "percent"
    cells = percent_cells(JUPYTEXT)
    assert [(cell.index, cell.kind, cell.language, cell.title, cell.tags) for cell in cells] == [
        (0, "markdown", "markdown", "", ()),
        (1, "code", "python", "load it", ("a", "b")),
        (2, "code", "python", "", ()),
        (3, "code", "bash", "", ()),
        (4, "code", "python", "", ()),
    ]
    assert JUPYTEXT[cells[2].body_span.start : cells[2].body_span.end] == "s = '''\n# %%\n'''\n\n"
    assert JUPYTEXT[cells[4].span.start :] == "# In[3]:\ny = 1\n"
    assert magics(JUPYTEXT) == [
        (1, "line", "pip", "install x", "", "%pip install x"),
        (1, "shell", "!", "ls -la", "", "!ls -la"),
        (3, "cell", "bash", "", "rm x\n\n", '# %% language="bash"\n# rm x\n\n'),
    ]
    pip = cells[1].magics[0]
    assert JUPYTEXT[pip.text_span.start : pip.text_span.end] == "install x"


def test_comments_are_no_magics_where_jupytext_does_not_say_so():
    assert magics("# %%\nx = 1\n# !ls\n# %pip install y\n") == []


@pytest.mark.parametrize(
    ("head", "kind", "title", "tags"),
    [
        ("# %%", "code", "", ()),
        ("#%%", "code", "", ()),
        ("# %%%  a sub-cell", "code", "a sub-cell", ()),
        ("# %% a title", "code", "a title", ()),
        ("# %% a title [md]", "markdown", "a title", ()),
        ("# %% [raw]", "raw", "", ()),
        ('# %% a title slideshow={"slide_type": "x"} tags=["a"]', "code", "a title", ("a",)),
        ('# %% a title {"tags": ["a", "b"]}', "code", "a title", ("a", "b")),
        ("# %% tags=[a]", "code", "", ()),
        ("# In[ ]:", "code", "", ()),
    ],
)
def test_first_lines(head, kind, title, tags):
    for end in ("\n", "\r\n"):
        text = f"{head}{end}x = 1{end}"
        (cell,) = percent_cells(text)
        assert (cell.kind, cell.title, cell.tags) == (kind, title, tags)
        assert text[cell.body_span.start : cell.body_span.end] == f"x = 1{end}"


@pytest.mark.parametrize(
    "text", ["", "x = 1\n", "# %timeit x\n", "#%%%%%% a line\n", "x = '''\n# %%\n'''\n", "f(\n# %%\n)\n", "  # %%\n"]
)
def test_files_without_cells(text):
    assert percent_cells(text) == ()


def test_code_before_the_first_mark_is_a_cell():
    text = "import os\n# %%\nx\n"
    assert [text[cell.span.start : cell.span.end] for cell in percent_cells(text)] == ["import os\n", "# %%\nx\n"]
    comments = "# a comment\n\n# %%\nx\n"
    assert [comments[cell.span.start : cell.span.end] for cell in percent_cells(comments)] == ["# %%\nx\n"]


def test_a_databricks_file_of_one_cell():
    text = "# Databricks notebook source\nx = 1\n"
    assert [text[cell.span.start : cell.span.end] for cell in percent_cells(text)] == ["x = 1\n"]


@given(st.lists(st.sampled_from(["# %%\n", "#%% t [md]\n", "x = 1\n", "'''\n", "(", ")\r\n", "# MAGIC %sh\n", "\n"])))
def test_cells_follow_one_another_without_gaps(pieces):
    for text in ("".join(pieces), "# Databricks notebook source\n" + "".join(pieces)):
        cells = percent_cells(text)
        assert [cell.index for cell in cells] == list(range(len(cells)))
        for cell, following in pairwise(cells):
            assert cell.span.end == following.span.start
        for cell in cells:
            assert cell.span.contains(cell.body_span)
            assert all(cell.span.contains(magic.span) for magic in cell.magics)
        if cells:
            assert cells[-1].span.end == len(text)
