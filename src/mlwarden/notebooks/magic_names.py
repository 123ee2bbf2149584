"""What the known magics do with the Python in them. Names are compared in lower case.

Sources: IPython's own magics (IPython/core/magics, IPython 9), and the documentation of the extensions named below.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Cell magics whose body runs as Python.
PYTHON_BODY = (
    # IPython, ipyparallel
    _names("time timeit prun capture debug code_wrap python python3 pypy ipython px autopx")
    # sparkmagic, Fabric
    | _names("local pyspark")
    # profilers: memory_profiler, line_profiler, scalene, memray, pyinstrument, viztracer, snakeviz, codecarbon, cudf
    | _names("memit mprun lprun scalene memray_flamegraph pyinstrument viztracer snakeviz heat measure_emissions")
    | _names("cudf.pandas.profile cudf.pandas.line_profile")
    # tests, checks and helpers: ipytest, pycodestyle_magic, nb_mypy, nb_black, nbtutor, jdc, ipycache
    | _names("ipytest run_pytest run_pytest[clean] expect_exception pycodestyle flake8 mypy typecheck black nbtutor")
    | _names("add_to cache wandb manim")
)

# Cell magics whose body is something else, even where it happens to read as Python.
OTHER_BODY = (
    # shells and files
    _names("bash sh script zsh fish ksh csh shell cmd powershell pwsh ! sx system sc writefile file fs")
    # markup and data
    | _names("html svg markdown md latex javascript js css yaml toml json xml csv text txt jinja jinja2 template")
    # languages
    | _names("perl ruby python2 r julia octave matlab cython cython_pyximport cython_inline fortran cpp c++ c cu cuda")
    | _names("nvcc pybind11 go rust java scala csharp fsharp kotlin typescript ts node lua sage maxima gap stata sas")
    # queries
    | _names("sql mysql sqlite postgresql psql bigquery bq duckdb dql kql sparksql spark_sql cypher sparql")
    # sparkmagic's and AWS Glue's commands, whose bodies are JSON or Scala
    | _names("configure info logs cleanup delete help spark sparkr send_to_spark")
    # diagrams
    | _names("dot graphviz mermaid plantuml tikz itikz blockdiag seqdiag actdiag nwdiag vega vegalite")
    # prompts for language models
    | _names("ai chat llm prompt gemini")
    # cells that are not run
    | _names("skip ignore comment")
)

# Line magics whose argument runs as Python, with the options that stand before it (as for getopt: a colon after a
# letter means that the option takes a value).
PYTHON_ARGUMENT = {
    "time": "",
    "timeit": "n:r:tcp:qov:",
    "prun": "D:l:rs:T:q",
    "memit": "r:t:i:coI:",
    "mprun": "r:T:f:c",
    "lprun": "rsf:m:D:T:u:z",
    "scalene": "",
    "snakeviz": "tf:",
    "px": "",
    "debug": "",
}

# What people type without the `%`, which IPython allows where a cell is a single line: line magics, and the names of
# shell commands that IPython turns into magics.
AUTOMAGIC = (
    _names("pip conda mamba micromamba uv run load loadpy load_ext reload_ext matplotlib pylab env set_env cd pushd")
    | _names("bookmark pycat time timeit prun config alias unalias store save edit history hist macro rerun recall")
    | _names("pinfo pinfo2 pdef pdoc pfile psource psearch who who_ls whos reset xmode colors gui autocall logstart")
    | _names("sx system sc ls ll lf lk ldir lx cat cp mv rm rmdir mkdir less more man")
)

# Line magics that take a whole cell where Databricks runs the notebook.
DATABRICKS_CELL = _names("python sql scala r sh fs md md-sandbox skip")
