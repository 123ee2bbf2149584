"""MLW423: prompts that are pulled from a hub by a name, in whatever version is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import telling, way
from mlwarden.semantics.turning_points import LANGSMITH_REFUSES_PUBLIC_PROMPTS

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> the keyword of the prompt's name, which is the first argument.
_PULLS: dict[str, str] = {
    "langchain.hub.pull": "owner_repo_commit",
    "langchain_classic.hub.pull": "owner_repo_commit",
    "langchainhub.Client().pull": "owner_repo_commit",
    "langchainhub.Client().pull_repo": "owner_repo_commit",
    "langsmith.Client().pull_prompt": "prompt_identifier",
    "langsmith.Client().pull_prompt_commit": "prompt_identifier",
    "langsmith.client.Client().pull_prompt": "prompt_identifier",
    "langsmith.client.Client().pull_prompt_commit": "prompt_identifier",
    "langsmith.AsyncClient().pull_prompt": "prompt_identifier",
    "langsmith.AsyncClient().pull_prompt_commit": "prompt_identifier",
    "langsmith.async_client.AsyncClient().pull_prompt": "prompt_identifier",
}
_MODULES = (
    "langchain_core.prompts",
    "langchain_core.prompts.loading",
    "langchain.prompts",
    "langchain_classic.prompts",
)
_FILES: dict[str, str] = {
    **{f"{module}.load_prompt": "path" for module in _MODULES},
    **{f"{module}.load_prompt_from_config": "config" for module in _MODULES},
    "langchain.prompts.loading.load_prompt": "path",
    "langchain.prompts.loading.load_prompt_from_config": "config",
}
_OWNED = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(?::(?P<commit>[\w.-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{6,64}", re.I)
_SOURCES = ("request", "llm", "tool", "network", "retrieval")
_FLAGS = {
    "secrets_from_env": "lets the prompt name secrets of this process's environment",
    "dangerously_pull_public_prompt": "loads what anybody published",
}


class PromptFromHubUnpinned(Rule):
    """A prompt pulled from a hub by its name, in whatever version is there.

    ## Why is this bad?

    A prompt of the hub is more than text: it is a serialized LangChain object, which can name a model, its base URL
    and its headers, so that your questions and keys go elsewhere. Whoever owns the name, or takes over that account,
    changes your application with the next commit, without a release of yours.

    ## How to fix

    Read the prompt, then pull that commit: `client.pull_prompt("owner/name:50442af1")`, or copy it into your
    repository. Leave `secrets_from_env` off. Load prompt files from folders of your own, without
    `allow_dangerous_paths`.

    ## When it is fine

    For prompts of your own workspace (names without an owner), which this rule leaves alone.

    ## Limits

    Names that are computed are not reported. Tools and agents that are pulled from a hub are MLW204's matter.
    Since langsmith 0.8 prompts of others are refused unless `dangerously_pull_public_prompt=True` is passed.
    """

    code = "MLW423"
    name = "prompt-from-hub-unpinned"
    severity = Severity.MEDIUM
    calls = (*_PULLS, *_FILES)
    triggers = (
        ("langchain", "pull"),
        ("langchain_classic", "pull"),
        ("langchainhub", "pull"),
        ("langchainhub", "pull_repo"),
        "pull_prompt",
        "pull_prompt_commit",
        "load_prompt",
        "load_prompt_from_config",
    )
    cwe = (494, 22)
    owasp_llm = ("LLM03", "LLM01")
    atlas = ("AML.T0010.005", "AML.T0104")
    references = (
        Reference(
            "LangChain: hub manifests are untrusted input",
            "https://github.com/langchain-ai/langchain/blob/master/libs/langchain/langchain_classic/hub.py",
        ),
        Reference("CVE-2026-34070: paths in prompt files", "https://nvd.nist.gov/vuln/detail/CVE-2026-34070"),
    )
    examples = (
        Bad(
            """
            from langchain import hub

            prompt = hub.pull("rlm/rag-prompt")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`langchain.hub.pull` loads whatever 'rlm/rag-prompt' is at the time: name a commit, `owner/name:commit`",
        ),
        Bad(
            """
            from langchain_classic.hub import pull

            NAME = "hwchase17/react"

            def prompt(name=NAME):
                return pull(name, include_model=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langsmith import Client

            client = Client()
            prompt = client.pull_prompt("rlm/rag-prompt:latest", dangerously_pull_public_prompt=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`langsmith.Client.pull_prompt` loads whatever 'rlm/rag-prompt:latest' is at the time: name a commit, "
            "`owner/name:commit`",
        ),
        Bad(
            """
            from langsmith import Client

            def load(name):
                return Client().pull_prompt(name, dangerously_pull_public_prompt=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`langsmith.Client.pull_prompt` with `dangerously_pull_public_prompt=True` loads what anybody published: "
            "leave it out, or name a commit that you have read",
        ),
        Bad(
            """
            from langsmith import Client

            prompt = Client().pull_prompt("acme/agent:50442af133e61576e74536c6556cefe1", secrets_from_env=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_core.prompts import load_prompt

            prompt = load_prompt("prompts/support.json", allow_dangerous_paths=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`langchain_core.prompts.load_prompt` with `allow_dangerous_paths=True` lets the file name templates "
            "anywhere on this machine: leave it out",
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts import load_prompt

            def prompt():
                return load_prompt(request.args["prompt"])
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from langchain import hub

            prompt = hub.pull("rlm/rag-prompt:50442af133e61576e74536c6556cefe1fac147cad032f4377b60c436e6cdcb6e")
            other = hub.pull("rlm/rag-prompt:50442af1")
            """,
            because="a commit",
        ),
        Good(
            """
            from langchain import hub
            from langsmith import Client

            prompt = hub.pull("support-prompt")
            other = Client().pull_prompt("-/support-prompt")
            """,
            because="prompts of one's own workspace",
        ),
        Good(
            """
            from langchain import hub

            def load(name):
                return hub.pull(name)
            """,
            because="nothing is known of the name",
        ),
        Good(
            """
            from langsmith import Client

            prompt = Client().pull_prompt("rlm/rag-prompt")
            """,
            because="this release refuses prompts of others",
            versions={"langsmith": ">=0.8"},
        ),
        Good(
            """
            from langchain_core.prompts import load_prompt

            prompt = load_prompt("prompts/support.json")
            """,
            because="a file of the program's own",
        ),
        Good(
            """
            import docker
            from git import Repo
            from myapp import hub

            docker.from_env().images.pull("owner/name")
            Repo(".").remotes.origin.pull("owner/name")
            hub.pull("owner/name")
            """,
            because="others that pull",
        ),
        Missed(
            """
            import os
            from langchain import hub

            prompt = hub.pull(os.environ["PROMPT_OWNER"] + "/rag-prompt")
            """,
            because="the name is computed",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report pulls without a commit, flags that trust what is pulled, and prompt files that others name."""
        if call.fragment.path is not None:
            return
        shown = call.name.replace("()", "")
        if call.name in _FILES:
            yield from self._check_file(call, shown)
            return
        for flag, what in _FLAGS.items():
            if call.argument(flag).may_be(True) and (flag == "secrets_from_env" or self._is_open(call)):
                advice = (
                    "leave it out"
                    if flag == "secrets_from_env"
                    else "leave it out, or name a commit that you have read"
                )
                yield self.finding(
                    call.span, f"`{shown}` with `{flag}=True` {what}: {advice}", confidence=Confidence.MEDIUM
                )
                return
        names = [name for name in call.argument(_PULLS[call.name], 0).strings() if _is_moving(name)]
        if not names:
            return
        allowed = call.argument("dangerously_pull_public_prompt").may_be(True)
        if not allowed and LANGSMITH_REFUSES_PUBLIC_PROMPTS.passed(model):
            return
        tag = _OWNED.fullmatch(names[0])
        by_tag = tag is not None and tag["commit"] not in (None, "latest")
        yield self.finding(
            call.span,
            f"`{shown}` loads whatever '{names[0]}' is at the time: name a commit, `owner/name:commit`",
            severity=Severity.LOW if by_tag else self.severity,
            confidence=Confidence.MEDIUM if by_tag else Confidence.HIGH,
        )

    def _is_open(self, call: CallSite) -> bool:
        """Whether nothing is known of the name, so that the commit cannot be told."""
        return not call.argument(_PULLS[call.name], 0).strings()

    def _check_file(self, call: CallSite, shown: str) -> Iterator[Finding]:
        if call.argument("allow_dangerous_paths").may_be(True):
            yield self.finding(
                call.span,
                f"`{shown}` with `allow_dangerous_paths=True` lets the file name templates anywhere on this machine: leave "
                "it out",
            )
            return
        taint = telling(call.argument(_FILES[call.name], 0), _SOURCES)
        if taint is not None:
            yield self.finding(
                call.span,
                f"`{shown}` loads a prompt that others name or wrote: a prompt file names further files and formats; load "
                "files of your own",
                confidence=Confidence.HIGH if taint.certain else Confidence.MEDIUM,
                trace=way(call, taint),
            )


def _is_moving(name: str) -> bool:
    """Whether a name is one of another owner's prompt, without a commit."""
    match = _OWNED.fullmatch(name)
    if match is None or match["owner"] == "-":
        return False
    return match["commit"] is None or _COMMIT.fullmatch(match["commit"]) is None
