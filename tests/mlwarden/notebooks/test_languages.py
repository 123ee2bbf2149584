import pytest

from mlwarden.notebooks.languages import cell_language, is_databricks, is_python_name, notebook_language


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}, "python"),
        ({"kernelspec": {"name": "python2", "display_name": "Python 2"}}, "python"),
        ({"kernelspec": {"name": "tf-gpu", "display_name": "tf"}}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "ir"}}, "ir"),
        ({"kernelspec": {"name": "julia-1.9"}}, "julia-1.9"),
        ({"kernelspec": {"name": "xpython", "language": "python"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"language_info": {"name": "xpython"}}, "python"),
        ({"language_info": {"name": "pyspark"}, "kernelspec": {"name": "pysparkkernel"}}, "python"),
        ({"kernelspec": {"name": "sparkkernel", "language": ""}, "language_info": {"name": "scala"}}, "scala"),
        ({"kernelspec": {"name": "sos", "language": "sos"}}, "sos"),
        ({"kernelspec": {"name": ".net-csharp", "language": "C#"}}, "c#"),
        ({"kernelspec": {"name": "synapse_pyspark", "language": "Python"}}, "python"),
        ({"application/vnd.databricks.v1+notebook": {"language": "sql"}}, "sql"),
        ({"application/vnd.databricks.v1+notebook": {"language": "python"}}, "python"),
        ({"colab": {"provenance": []}, "kernelspec": {"name": "python3"}, "accelerator": "GPU"}, "python"),
        ({"kernelspec": None, "language_info": "python"}, "python"),
        ({"kernelspec": {"language": 3, "name": ["ir"]}}, "python"),
    ],
)
def test_notebook_language(metadata, language):
    assert notebook_language(metadata) == language


@pytest.mark.parametrize(
    ("metadata", "notebook", "own", "language"),
    [
        ({}, "python", "", "python"),
        ({}, "r", "", "r"),
        ({"vscode": {"languageId": "shellscript"}}, "python", "", "shellscript"),
        ({"vscode": {"languageId": "python"}}, "c#", "", "python"),
        ({"microsoft": {"language": "sparksql"}}, "python", "", "sparksql"),
        ({"microsoft": {"language": "python", "language_group": "synapse_pyspark"}}, "python", "", "python"),
        ({"polyglot_notebook": {"kernelName": "pythonkernel"}}, "c#", "", "python"),
        ({"dotnet_interactive": {"language": "fsharp"}}, "python", "", "fsharp"),
        ({"kernel": "Python3"}, "sos", "", "python"),
        ({"kernel": "R"}, "sos", "", "r"),
        ({"kernel": "R"}, "python", "", "python"),
        ({}, "python", "R", "r"),
        ({"vscode": []}, "python", "", "python"),
    ],
)
def test_cell_language(metadata, notebook, own, language):
    assert cell_language(metadata, notebook, own) == language


def test_databricks_is_known_by_its_metadata():
    assert is_databricks({"application/vnd.databricks.v1+notebook": {}})
    assert not is_databricks({"kernelspec": {"name": "python3"}})


@pytest.mark.parametrize("name", ["python", "Python3", "python3.11", "ipython", "ipython3", "xeus-python", "pyspark"])
def test_names_of_python(name):
    assert is_python_name(name)


@pytest.mark.parametrize("name", ["r", "bpython-like", "jython?", "pythonista", "coconut", ""])
def test_names_of_other_languages(name):
    assert not is_python_name(name)
