from mlwarden.notebooks.assemble import EditorCell, notebook_of_cells


def test_a_notebook_that_lives_in_an_editor():
    read = notebook_of_cells(
        "file.ipynb",
        [
            EditorCell("# Title", kind="markdown", language="markdown"),
            EditorCell("!ls\nx = 1", language="python", id="b", metadata={"tags": ["keep", 3]}),
            EditorCell("ls", language="shellscript"),
            EditorCell("y = 2"),
        ],
    )
    assert (read.path, read.text, read.language) == ("file.ipynb", "", "python")
    assert [(cell.index, cell.kind, cell.python) for cell in read.cells] == [
        (0, "markdown", ""),
        (1, "code", "0  \nx = 1"),
        (2, "code", ""),
        (3, "code", "y = 2"),
    ]
    assert (read.cells[1].id, read.cells[1].tags) == ("b", ("keep",))
    assert [magic.text for magic in read.cells[1].magics] == ["ls"]


def test_the_notebooks_metadata_says_the_language_of_cells_that_do_not():
    read = notebook_of_cells(
        "a.ipynb", [EditorCell("x <- 1"), EditorCell("x = 1", language="python")], {"kernelspec": {"language": "R"}}
    )
    assert read.language == "r"
    assert [cell.python for cell in read.cells] == ["", "x = 1"]


def test_a_cell_of_more_magics_than_anybody_writes_is_not_python():
    read = notebook_of_cells("a.ipynb", [EditorCell("!a\n" * 60_000), EditorCell("x")])
    assert [cell.python for cell in read.cells] == ["", "x"]
