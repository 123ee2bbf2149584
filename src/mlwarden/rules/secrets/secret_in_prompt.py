"""MLW309: a secret that is put into a prompt, given to a model by a tool, or recorded by a tracker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Argument, CallSite
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel

# Arguments of calls of models that are no part of what the model reads.
_NOT_READ = re.compile(
    r".*(?:api_?key|token|secret|password|credential|auth|headers|base_url|api_base|endpoint|timeout|client|config|model|region"
    r"|provider|organization|project)",
    re.IGNORECASE,
)
# Messages and templates of prompts, by qualified name.
_TEMPLATES = re.compile(
    r"langchain[\w.]*\.(?:(?:Human|System|AI|Chat|Function|Tool)Message|(?:\w*PromptTemplate)(?:\.from_(?:template|messages)"
    r"|\(\)\.(?:format|format_messages|format_prompt|partial|invoke))?)"
    r"|langchain[\w.]*PromptTemplate\.from_(?:template|messages)\(\)\.(?:format|format_messages|format_prompt|partial|invoke)"
    r"|llama_index[\w.]*\.(?:ChatMessage|PromptTemplate|PromptTemplate\(\)\.format)"
    r"|haystack[\w.]*\.ChatMessage\.from_(?:user|system|assistant|tool)"
    r"|transformers\..*\.apply_chat_template"
)
# Calls that make an agent: the arguments that the model reads.
_AGENTS = {
    "agents.Agent": ("instructions",),
    "pydantic_ai.Agent": ("system_prompt", "instructions"),
    "smolagents.CodeAgent": ("instructions",),
    "smolagents.ToolCallingAgent": ("instructions",),
    "crewai.Agent": ("role", "goal", "backstory"),
    "crewai.Task": ("description", "expected_output"),
    "autogen.AssistantAgent": ("system_message",),
    "autogen.ConversableAgent": ("system_message",),
    "autogen_agentchat.agents.AssistantAgent": ("system_message",),
    "langchain.agents.create_agent": ("system_prompt",),
    "langgraph.prebuilt.create_react_agent": ("prompt",),
}
_TRACKERS = re.compile(
    r"mlflow\.(?:log_(?:params?|metrics?|text|dict|table)|set_(?:tags?|experiment_tags?))"
    r"|mlflow\.(?:MlflowClient|tracking\.MlflowClient)\(\)\.(?:log_param|log_text|log_dict|set_tag)"
    r"|wandb\.(?:log|alert|init|config\.update|init\(\)\.(?:log|config\.update))"
    r"|comet_ml\..*\.(?:log_parameters?|log_text|log_others?|log_metrics?)"
    r"|neptune\..*\.(?:assign|log|append)"
    r"|clearml\.Task\.init\(\)\.(?:connect|connect_configuration|set_parameters?|upload_artifact)"
    r"|trackio\.(?:init|log)"
    r"|aim\.Run\(\)\.track"
    r"|(?:torch\.utils\.tensorboard(?:\.writer)?|tensorboardX)\.SummaryWriter\(\)\.(?:add_text|add_hparams)"
    r"|langfuse\..*\.(?:trace|span|generation|event|update|update_current_trace|update_current_span|start_span|start_generation"
    r"|start_observation|score)"
    r"|weave\.(?:log|publish)"
    r"|sacred\.Experiment\(\)\.(?:add_config|log_scalar)"
)
_TRACKER_SETTINGS = re.compile(r"(?:api_?key|token|key|settings|mode|dir|entity|project|auth).*", re.IGNORECASE)


class SecretInPrompt(Rule):
    """A key, token or password that reaches a model's prompt, a tool's answer or an experiment tracker.

    ## Why is this bad?

    What a model has read, it can be talked into repeating, and its provider keeps it; instructions not to tell do not
    help. What a tool returns is read by the model in the same way. An experiment tracker shows parameters to the whole
    team, sometimes to the public, and keeps them.

    ## How to fix

    Keep credentials outside of what the model reads: let the program, or the code of the tool, use the key and hand
    over the result. Leave keys out of the configuration that is recorded.

    ## When it is fine

    For made-up secrets with which a model's resistance to prompt injection is tested.

    ## Limits

    Followed are secrets from the environment, `getpass`, Colab, Kaggle, keyrings and vaults, on ways that are known
    step by step; not what an unknown function made of them, nor what is read back from files and databases.
    """

    code = "MLW309"
    name = "secret-in-prompt"
    severity = Severity.HIGH
    triggers = (
        "environ",
        "getenv",
        "getpass",
        "userdata",
        "get_secret",
        "dotenv_values",
        "secrets",
        "get_token",
        "get_password",
    )
    cwe = (200, 522)
    owasp_llm = ("LLM02", "LLM07")
    atlas = ("AML.T0057", "AML.T0083")
    references = (
        Reference(
            "OWASP LLM07:2025 System Prompt Leakage", "https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/"
        ),
        Reference("MITRE ATLAS: LLM data leakage", "https://atlas.mitre.org/techniques/AML.T0057"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at the calls of models, templates, agents and trackers, and at what tools return."""
        for call in model.calls:
            if call.fragment.path is not None or not call.name:
                continue
            for argument, place in _read_arguments(call):
                finding = self._judged(call, argument, place)
                if finding is not None:
                    yield finding
                    break
        for definition in _tools(model):
            taints = () if definition.generic is None else definition.generic.tainted_by("secret")
            if taints and taints[0].certain and taints[0].steps:
                import libcst as cst

                assert isinstance(definition.node, cst.FunctionDef)
                yield self.finding(
                    definition.fragment.span(definition.node.name),
                    f"the tool `{definition.name}` returns {taints[0].steps[0].note}: the model reads it, and can be talked "
                    "into repeating it",
                    trace=taints[0].steps,
                )

    def _judged(self, call: CallSite, argument: Argument, place: str) -> Finding | None:
        taints = [taint for taint in argument.value.tainted_by("secret") if taint.certain]
        if not taints:
            return None
        steps = taints[0].steps
        what = steps[0].note if steps else "a secret"
        danger = (
            "everybody who sees the experiment can use it"
            if place == "is recorded by the tracker"
            else "the provider keeps it, and the model can be talked into repeating it"
        )
        return self.finding(
            call.span if argument.node is None else call.fragment.span(argument.node.value),
            f"{what} {place} `{_short(call.name)}`: {danger}",
            confidence=Confidence.HIGH,
            trace=(*steps, *(step for step in call.context if step not in steps)),
        )


def _read_arguments(call: CallSite) -> Iterator[tuple[Argument, str]]:
    """The arguments that a model or a team will read, and what becomes of them."""
    name = call.name
    if _TRACKERS.fullmatch(name):
        for argument in call.arguments:
            if not _TRACKER_SETTINGS.fullmatch(argument.keyword or "-"):
                yield argument, "is recorded by the tracker"
    elif name in _AGENTS:
        for argument in call.arguments:
            if argument.keyword in _AGENTS[name]:
                yield argument, "is part of the instructions of"
    elif _TEMPLATES.fullmatch(name):
        for argument in call.arguments:
            if (
                not argument.keyword
                or not _NOT_READ.fullmatch(argument.keyword)
                or name.endswith((".format", ".partial"))
            ):
                yield argument, "is put into a prompt by"
    elif _asks_model(name):
        for argument in call.arguments:
            if not argument.keyword or not _NOT_READ.fullmatch(argument.keyword):
                yield argument, "is sent to the model by"


def _asks_model(name: str) -> bool:
    from mlwarden.semantics.sources import source_of_call

    source = source_of_call(name)
    return source is not None and source.kind == "llm" and not name.endswith((".decode", ".batch_decode", ".generate"))


def _tools(model: SemanticModel) -> Iterator[FunctionDefinition]:
    from mlwarden.semantics.entry_points import source_of_parameters
    from mlwarden.semantics.values import Function

    for value in model.exports.not_imported():
        for option in value.alternatives():
            definition = option.definition if isinstance(option, Function) else None
            if definition is not None and definition.name and definition.fragment.path is None:
                source = source_of_parameters(definition.decorators)
                if source is not None and source.kind == "tool":
                    yield definition


def _short(name: str) -> str:
    from mlwarden.semantics.sources import short

    return short(name)


def _examples() -> Examples:
    return (
        Bad(
            """
            import os
            from openai import OpenAI

            key = os.environ["CRM_API_KEY"]
            client = OpenAI()
            client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "system", "content": f"Call the CRM with the key {key}."}],
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            )
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="the secret in the environment variable `CRM_API_KEY` is sent to the model by "
            "`OpenAI().chat.completions.create`: the provider keeps it, and the model can be talked into repeating it",
        ),
        Bad(
            """
            import os
            import anthropic

            SYSTEM = "Log in with the password {password}.".format(password=os.getenv("DB_PASSWORD"))

            def ask(question):
                return anthropic.Anthropic().messages.create(
                    model="claude", max_tokens=100, system=SYSTEM, messages=[{"role": "user", "content": question}]
                                                           ^^^^^^
                )
            """,
        ),
        Bad(
            """
            import os
            from langchain_core.messages import SystemMessage

            message = SystemMessage(content="The token is " + os.environ["GITHUB_TOKEN"])
                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import getpass
            import mlflow

            params = {"lr": 1e-3, "hub_token": getpass.getpass()}
            mlflow.log_params(params)
                              ^^^^^^
            """,
            message="a secret typed into `getpass()` is recorded by the tracker `mlflow.log_params`: everybody who sees the "
            "experiment can use it",
        ),
        Bad(
            """
            import os
            import wandb

            wandb.init(project="vision", config={"lr": 1e-3, "hf_token": os.environ["HF_TOKEN"]})
                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import os
            from langchain_core.tools import tool

            @tool
            def credentials(service: str) -> str:
                ^^^^^^^^^^^
                \"\"\"Find the credentials of a service.\"\"\"
                return os.environ["CRM_API_KEY"]
            """,
            message="the tool `credentials` returns the secret in the environment variable `CRM_API_KEY`: the model reads it, and "
            "can be talked into repeating it",
        ),
        Bad(
            """
            import os
            from agents import Agent

            agent = Agent(name="support", instructions=f"Use {os.environ['CRM_TOKEN']} for every call.")
                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import os
            import litellm
            from openai import OpenAI

            client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
            client.responses.create(model="gpt-4o", input="hello")
            litellm.completion(model="gpt-4o", messages=[{"role": "user", "content": "hello"}], api_key=os.environ["OPENAI_API_KEY"])
            client.responses.create(model="gpt-4o", input="hello", extra_headers={"X-Key": os.environ["GATEWAY_KEY"]})
            """,
            because="the client needs the key, and the model does not read it",
        ),
        Good(
            """
            import os
            import requests
            from langchain_core.tools import tool

            @tool
            def customer(number: int) -> str:
                \"\"\"Look up a customer.\"\"\"
                headers = {"Authorization": "Bearer " + os.environ["CRM_API_KEY"]}
                return requests.get(f"https://crm.acme-labs.io/{number}", headers=headers, timeout=5).text
            """,
            because="the tool uses the key, and returns what it got for it",
        ),
        Good(
            """
            import os
            import mlflow
            import wandb

            wandb.login(key=os.environ["WANDB_API_KEY"])
            mlflow.log_param("has_token", bool(os.environ.get("HF_TOKEN")))
            mlflow.log_params({"max_tokens": os.environ["MAX_TOKENS"], "model": os.environ["MODEL"]})
            """,
            because="nothing secret is recorded",
        ),
        Good(
            """
            import os

            def create(messages):
                return messages

            create([{"role": "user", "content": os.environ["CRM_API_KEY"]}])
            """,
            because="the function is the project's own",
        ),
        Missed(
            """
            import os
            from openai import OpenAI

            settings = load_settings(os.environ["CRM_API_KEY"])
            OpenAI().responses.create(model="gpt-4o", input=f"settings: {settings}")
            """,
            because="what an unknown function makes of the key can't be told",
        ),
    )
