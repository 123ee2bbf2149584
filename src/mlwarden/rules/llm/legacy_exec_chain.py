"""MLW414: a chain whose purpose is to run what the model writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, patterns, shown
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.turning_points import LANGCHAIN_DANGEROUS_CODE, LANGCHAIN_NUMEXPR_SAFE, LANGCHAIN_SYMBOLIC_FLAG

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LANGCHAIN = ("langchain", "langchain_experimental", "langchain_classic", "langchain_community")
_PYTHON = "Python in this process"
_WRITTEN = {
    "PALChain": _PYTHON,
    "CPALChain": _PYTHON,
    "LLMBashChain": "shell commands on this machine",
    "LLMSymbolicMathChain": "expressions by SymPy, which evaluates them as Python",
    "LLMMathChain": "expressions by NumExpr, which evaluates them as Python",
}
_MAKERS = {
    "PALChain": ("from_math_prompt", "from_colored_object_prompt"),
    "CPALChain": ("from_univariate_prompt",),
    "LLMBashChain": ("from_llm",),
    "LLMSymbolicMathChain": ("from_llm",),
    "LLMMathChain": ("from_llm",),
}
_CHAINS = {
    name: _LANGCHAIN for chain, makers in _MAKERS.items() for name in (chain, *(f"{chain}.{make}" for make in makers))
}


class LegacyExecChain(Rule):
    """A chain that runs, by design, what the model writes.

    ## Why is this bad?

    `PALChain` answers a question by running the Python that the model wrote for it, `LLMBashChain` by running its shell
    commands, `LLMSymbolicMathChain` by letting SymPy evaluate its formula, which is `eval`. A question such as "first
    do `import os`, then ..." is enough to run anything with this process's rights. Checks of the code's text were
    got round again and again.

    ## How to fix

    Use tool calling with a typed schema: the model chooses among functions of yours. For arithmetic, a current
    `LLMMathChain` (langchain 0.0.308 or later) gives NumExpr no names to use. Where code must run, use a sandbox.

    ## When it is fine

    In a container without network and credentials.

    ## Limits

    `PALChain` with `allow_dangerous_code=True` is MLW410's. Without that flag, langchain-experimental 0.0.61 and later
    refuse to run it, so it is reported where the project's requirements allow earlier releases only, or where it is
    imported from `langchain` itself, as the first releases had it. `SQLDatabaseChain` is MLW413's.
    """

    code = "MLW414"
    name = "legacy-exec-chain"
    severity = Severity.HIGH
    calls = patterns(*_CHAINS)
    triggers = tuple(_WRITTEN)
    cwe = (94,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050",)
    references = (
        Reference("CVE-2023-36258, PALChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-36258"),
        Reference("CVE-2023-29374, LLMMathChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-29374"),
        Reference("CVE-2023-39631, LLMMathChain and NumExpr", "https://nvd.nist.gov/vuln/detail/CVE-2023-39631"),
        Reference("CVE-2024-46946, LLMSymbolicMathChain", "https://nvd.nist.gov/vuln/detail/CVE-2024-46946"),
    )
    examples = (
        Bad(
            """
            from langchain.chains import PALChain
            from langchain import OpenAI

            chain = PALChain.from_math_prompt(llm=OpenAI(temperature=0), verbose=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`PALChain.from_math_prompt` runs what the model writes: Python in this process; who can steer the "
            "model runs code here; use tool calling with typed arguments, or a sandbox",
        ),
        Bad(
            """
            from langchain_experimental.pal_chain import PALChain

            chain = PALChain.from_colored_object_prompt(llm)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-experimental": "==0.0.20"},
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from langchain_experimental.cpal.base import CPALChain as Causal

            chain = Causal.from_univariate_prompt(llm=llm, verbose=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_experimental.llm_bash.base import LLMBashChain

            def build(llm):
                return LLMBashChain.from_llm(llm, verbose=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`LLMBashChain.from_llm` runs what the model writes: shell commands on this machine; who can steer "
            "the model runs code here; use tool calling with typed arguments, or a sandbox",
        ),
        Bad(
            """
            import langchain_experimental.llm_symbolic_math.base as symbolic

            OPTIONS = {"allow_dangerous_requests": True}
            chain = symbolic.LLMSymbolicMathChain.from_llm(llm, **OPTIONS)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_experimental.llm_symbolic_math.base import LLMSymbolicMathChain

            chain = LLMSymbolicMathChain.from_llm(llm)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-experimental": "<0.3"},
        ),
        Bad(
            """
            from langchain import LLMMathChain, OpenAI

            chain = LLMMathChain(llm=OpenAI())
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain": "==0.0.131"},
        ),
        Bad(
            as_notebook("from langchain.chains import LLMBashChain", "LLMBashChain.from_llm(llm).run(text)"),
            path="example.ipynb",
            texts=("LLMBashChain.from_llm(llm)",),
        ),
        Good(
            """
            from langchain_experimental.pal_chain import PALChain

            refused = PALChain.from_math_prompt(llm, allow_dangerous_code=False)
            chain = PALChain.from_math_prompt(llm)
            """,
            because="without the flag it refuses to run",
            versions={"langchain-experimental": ">=0.3"},
        ),
        Good(
            """
            from langchain_experimental.pal_chain import PALChain

            chain = PALChain.from_math_prompt(llm, allow_dangerous_code=True)
            """,
            because="the flag is MLW410's",
        ),
        Good(
            """
            from langchain.chains import LLMMathChain

            chain = LLMMathChain.from_llm(llm)
            """,
            because="releases since 0.0.308 give NumExpr no names that lead to code",
            versions={"langchain": ">=0.1"},
        ),
        Good(
            """
            from langchain_classic.chains import LLMMathChain

            chain = LLMMathChain.from_llm(llm)
            """,
            because="this package is later than that release",
        ),
        Good(
            """
            from langchain_experimental.llm_symbolic_math.base import LLMSymbolicMathChain

            chain = LLMSymbolicMathChain.from_llm(llm, allow_dangerous_requests=False)
            """,
            because="it refuses what it would have to evaluate",
        ),
        Good(
            """
            class PALChain:
                def run(self, question):
                    return self.sandbox.run(self.llm(question))

            chain = PALChain()
            """,
            because="a class of the project's own",
        ),
        Missed(
            """
            from langchain.chains import load_chain

            chain = load_chain("lc://chains/pal/math/chain.json")
            """,
            because="what a file that is loaded describes is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the making of such a chain, where this release runs it."""
        key = api_of(call.name, _CHAINS)
        if not key:
            return
        chain = key.partition(".")[0]
        sure = _runs(chain, call, model)
        if sure is None:
            return
        yield self.finding(
            call.span,
            f"`{shown(call.name)}` runs what the model writes: {_WRITTEN[chain]}; who can steer the model runs code "
            "here; use tool calling with typed arguments, or a sandbox",
            confidence=sure,
            trace=call.context,
        )


def _runs(chain: str, call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that this chain, made so, runs what the model writes; None for no."""
    first = call.name.startswith("langchain.")  # the first releases, which had no flags
    if chain in {"CPALChain", "LLMBashChain"}:
        return Confidence.HIGH
    if chain == "PALChain":
        if "allow_dangerous_code" in call.keyword_names():
            return None
        return Confidence.HIGH if first or LANGCHAIN_DANGEROUS_CODE.ahead(model) else None
    if chain == "LLMSymbolicMathChain":
        if "allow_dangerous_requests" in call.keyword_names():
            return switched_on(call.argument("allow_dangerous_requests"))
        return Confidence.HIGH if first or LANGCHAIN_SYMBOLIC_FLAG.ahead(model) else None
    return Confidence.HIGH if first and LANGCHAIN_NUMEXPR_SAFE.ahead(model) else None
