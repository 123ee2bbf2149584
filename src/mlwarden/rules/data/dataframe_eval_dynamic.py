"""MLW603: an expression over a data frame that is put together at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.data._formatted import Formatting, unparsed
from mlwarden.semantics.guards import is_guarded
from mlwarden.semantics.turning_points import NUMEXPR_SANITIZES
from mlwarden.semantics.values import Text, Unknown, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Functions -> (keyword, position) of the expression.
_FUNCTIONS = {
    "pandas.eval": ("expr", 0),
    "pandas.core.computation.eval.eval": ("expr", 0),
    "numexpr.evaluate": ("ex", 0),
    "numexpr.validate": ("ex", 0),
    "numexpr.NumExpr": ("ex", 0),
    "numexpr.necompiler.evaluate": ("ex", 0),
}
_METHODS = ("eval", "query")
# Libraries whose tables take pandas' expressions.
_TABLES = re.compile(
    r"(?:pandas|geopandas|dask\.dataframe|modin\.pandas|cudf|xarray|swifter)\.\w.*(?:\(\)|\[\])(?:\.\w+(?:\[\])?)*\.(?:eval|query)"
)
# A table that nothing else is known of, by the last part of its name.
_NAMED_TABLE = re.compile(r"(?:.*_)?(?:df|frame|dataframe|data_frame)\d*(?:_\w+)?", re.IGNORECASE)
_WRITERS = {
    "request": (Severity.HIGH, "a web request"),
    "llm": (Severity.HIGH, "the output of a language model"),
    "tool": (Severity.HIGH, "an argument that a language model chose"),
    "retrieval": (Severity.HIGH, "a retrieved document"),
    "network": (Severity.HIGH, "data from the network"),
    "input": (Severity.LOW, "what a person typed in"),
    "cli": (Severity.LOW, "the command line"),
}


class DataframeEvalDynamic(Rule):
    """An expression over a data frame that is put together at run time.

    ## Why is this bad?

    `DataFrame.query`, `DataFrame.eval` and `pandas.eval` are small Python interpreters. `@` reaches the variables of the
    caller, dots the attributes of objects, and calls are made: `@pd.io.common.os.system("...")` is a valid
    expression. Who writes a part of the expression so runs programs, not just queries.

    ## How to fix

    Write the condition as a mask: `df[df["country"] == country]`. Where a query reads better, name the value in it:
    `df.query("country == @country")` looks it up and never parses it.

    ## When it is fine

    In a notebook or script in which you write the expressions yourself.

    ## Limits

    Reported is what comes from outside, and, with low confidence, a parameter of the function that is the expression or
    a part of it. Numbers, constants and `{value!r}` of a text are left alone.
    """

    code = "MLW603"
    name = "dataframe-eval-dynamic"
    severity = Severity.MEDIUM
    calls = (*_FUNCTIONS, *(f"*.{method}" for method in _METHODS))
    triggers = (
        *dict.fromkeys((name.partition(".")[0], name.rpartition(".")[2]) for name in _FUNCTIONS),
        *(("@table", method) for method in _METHODS),
    )
    yields_to = ("MLW401",)
    cwe = (95,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0050",)
    references = (
        Reference("pandas.eval: security", "https://pandas.pydata.org/docs/reference/api/pandas.eval.html"),
        Reference("CVE-2023-39631: LangChain, numexpr", "https://nvd.nist.gov/vuln/detail/CVE-2023-39631"),
    )
    examples = (
        Bad(
            """
            import pandas as pd
            from fastapi import FastAPI

            app = FastAPI()
            frame = pd.read_parquet("sales.parquet")

            @app.get("/rows")
            def rows(condition: str):
                return frame.query(condition).to_dict()
                       ^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`query` evaluates a web request as an expression: with `@` and dots, who writes it can run code here",
        ),
        Bad(
            """
            import pandas as pd
            import streamlit as st

            df = pd.read_csv("sales.csv")
            region = st.text_input("region")
            st.dataframe(df[df.year > 2020].query(f"region == '{region}'"))
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import numexpr as ne
            from flask import Flask, request

            app = Flask(__name__)

            @app.post("/formula")
            def formula():
                return str(ne.evaluate(request.json["formula"], sanitize=False))
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`evaluate` evaluates a web request as an expression: who writes it can run code here",
        ),
        Bad(
            """
            import pandas as pd

            def select(df, condition):
                return df.query("split == 'train' and " + condition)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import pandas as pd

            def select(df, condition):
                return df.query(f"{condition}")
                       ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import sys
            import pandas as pd

            print(pd.eval(sys.argv[1]))
                  ^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import pandas as pd
            from fastapi import FastAPI

            app = FastAPI()
            frame = pd.read_parquet("sales.parquet")

            @app.get("/rows")
            def rows(country: str, year: int):
                named = frame.query("country == @country")
                return named.query(f"year == {year} and country == {country!r}").to_dict()
            """,
            because="values are looked up, numbers, or written as literals",
        ),
        Good(
            """
            import pandas as pd

            COLUMN = "region"
            df = pd.read_csv("sales.csv")
            for year in range(2020, 2026):
                print(df.query(f"year == {year} and {COLUMN} == 'north'"))
            df.eval("margin = price - cost", inplace=True)
            """,
            because="constants and numbers are formatted in",
        ),
        Good(
            """
            import pandas as pd
            from flask import Flask, request

            ALLOWED = {"price > 10", "price <= 10"}
            app = Flask(__name__)
            df = pd.read_csv("sales.csv")

            @app.get("/rows")
            def rows():
                condition = request.args["condition"]
                if condition not in ALLOWED:
                    return "no", 400
                return df.query(condition).to_json()
            """,
            because="it is one of a list",
        ),
        Good(
            """
            def search(model, collection, question, session):
                model.eval()
                collection.query(question)
                return session.query(question)
            """,
            because="these are no tables",
        ),
        Missed(
            """
            import pandas as pd

            def rows(table, request):
                return table.query(request.args["condition"])
            """,
            because="it can't be told that `table` is a data frame",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an expression that comes from outside, or of which the caller gives a part."""
        place = _place(call)
        if place is None:
            return
        keyword, position = place
        value = call.argument(keyword, position)
        taint = next(iter(value.tainted_by(*_WRITERS)), None)
        if taint is None and not _is_dynamic(value):
            return
        formatting = Formatting(call, model, keyword, position)
        holes = formatting.holes
        unsafe = [] if holes is None else [hole for hole in holes if not (hole.is_repr or formatting.is_safe(hole))]
        if holes is not None and not unsafe:
            return
        if taint is not None:
            severity, what = _WRITERS[taint.kind]
            confidence = Confidence.HIGH if taint.certain else Confidence.MEDIUM
        else:
            given = next((hole for hole in unsafe if formatting.is_parameter(hole)), None)
            parameter = _parameter(value) if holes is None else unparsed(given.written) if given is not None else ""
            if not parameter:
                return
            severity, confidence, what = Severity.MEDIUM, Confidence.LOW, f"`{parameter}`, which the caller gives,"
        numexpr = call.name.startswith("numexpr.")
        if numexpr and not call.argument("sanitize").may_be(False) and not NUMEXPR_SANITIZES.ahead(model):
            severity = Severity.LOW  # names with underscores, and other ways out, are refused
        if is_guarded(call, keyword, position, model):
            return
        yield self.finding(
            call.span,
            f"`{call.attribute}` evaluates {what} as an expression: {'' if numexpr else 'with `@` and dots, '}who writes it "
            "can run code here",
            severity=severity,
            confidence=confidence,
            trace=(*(taint.steps if taint is not None else ()), *(call.context if taint is None else ())),
        )


def _place(call: CallSite) -> tuple[str, int] | None:
    """(keyword, position) of the expression that a call evaluates."""
    known = _FUNCTIONS.get(call.name)
    if known is not None or call.attribute not in _METHODS:
        return known
    if call.name:
        return ("expr", 0) if _TABLES.fullmatch(call.name) else None
    table = call.written.rpartition(".")[0]
    table = re.sub(r"[\[(].*\Z", "", table, flags=re.DOTALL).rpartition(".")[2]
    return ("expr", 0) if _NAMED_TABLE.fullmatch(table) else None


def _is_dynamic(value: Value) -> bool:
    return any(
        (isinstance(option, Text) and None in option.parts) or (isinstance(option, Unknown) and bool(option.parameter))
        for option in value.alternatives()
    )


def _parameter(value: Value) -> str:
    return next((option.parameter for option in value.alternatives() if isinstance(option, Unknown)), "")
