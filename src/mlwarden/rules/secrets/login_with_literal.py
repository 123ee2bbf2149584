"""MLW306: a token written into a login, or into the call that loads from a hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.literals import secrets_in
from mlwarden.secrets.wording import WHY_ENVIRONMENT, sentence
from mlwarden.semantics.environment import without_statement
from mlwarden.semantics.literals import read_from_environment, value_span

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


# The arguments that are secrets: (name, position or None), and the variable that is read without them.
_HUB = "HF_TOKEN"
_LOGINS: dict[str, tuple[tuple[tuple[str, int | None], ...], str]] = {
    "huggingface_hub.login": ((("token", 0),), _HUB),
    "huggingface_hub.interpreter_login": ((("token", None),), _HUB),
    "huggingface_hub.HfApi": ((("token", 1),), _HUB),
    "huggingface_hub.HfFolder.save_token": ((("token", 0),), _HUB),
    "huggingface_hub.HfFileSystem": ((("token", None),), _HUB),
    "huggingface_hub.InferenceClient": ((("token", None), ("api_key", None)), _HUB),
    "huggingface_hub.AsyncInferenceClient": ((("token", None), ("api_key", None)), _HUB),
    "huggingface_hub.hf_hub_download": ((("token", None),), _HUB),
    "huggingface_hub.snapshot_download": ((("token", None),), _HUB),
    "huggingface_hub.create_repo": ((("token", None),), _HUB),
    "huggingface_hub.upload_file": ((("token", None),), _HUB),
    "huggingface_hub.upload_folder": ((("token", None),), _HUB),
    "datasets.load_dataset": ((("token", None), ("use_auth_token", None)), _HUB),
    "transformers.pipeline": ((("token", None), ("use_auth_token", None)), _HUB),
    "sentence_transformers.SentenceTransformer": ((("token", None), ("use_auth_token", None)), _HUB),
    "*.from_pretrained": ((("token", None), ("use_auth_token", None)), _HUB),
    "*.push_to_hub": ((("token", None), ("use_auth_token", None)), _HUB),
    "wandb.login": ((("key", 1),), "WANDB_API_KEY"),
    "wandb.Api": ((("api_key", None),), "WANDB_API_KEY"),
    "comet_ml.login": ((("api_key", None),), "COMET_API_KEY"),
    "comet_ml.init": ((("api_key", None),), "COMET_API_KEY"),
    "comet_ml.start": ((("api_key", None),), "COMET_API_KEY"),
    "comet_ml.Experiment": ((("api_key", 0),), "COMET_API_KEY"),
    "neptune.init": ((("api_token", None),), "NEPTUNE_API_TOKEN"),
    "neptune.init_run": ((("api_token", None),), "NEPTUNE_API_TOKEN"),
    "neptune.init_project": ((("api_token", None),), "NEPTUNE_API_TOKEN"),
    "clearml.Task.set_credentials": ((("key", 3), ("secret", 4)), ""),
    "kagglehub.config.set_kaggle_credentials": ((("api_key", 1),), ""),
    "kagglehub.config.set_kaggle_api_token": ((("api_token", 0),), ""),
    "dagshub.auth.add_app_token": ((("token", 0),), ""),
}
# Words without which no call can match: the argument, where it has to be named, and the callee.
_WORDS = tuple(
    dict.fromkeys(
        (name if position is None else callee.split(".")[0], callee.rpartition(".")[2])
        for callee, (arguments, _) in _LOGINS.items()
        for name, position in arguments
    )
)
# Calls that do nothing but log in.
_ONLY_LOGIN = frozenset(
    {"huggingface_hub.login", "huggingface_hub.HfFolder.save_token", "huggingface_hub.interpreter_login"}
)


class LoginWithLiteral(Rule):
    """A token written into a login, or into the call that loads from a hub.

    ## Why is this bad?

    The token goes wherever the code goes. With it anybody can read your private models and datasets, and, if it may
    write, publish a changed model under your name that others will load.

    ## How to fix

    Revoke the token. Hugging Face reads `HF_TOKEN`, Weights & Biases `WANDB_API_KEY`, Comet `COMET_API_KEY`, Neptune
    `NEPTUNE_API_TOKEN`: set the variable and leave the argument out. For Hugging Face delete the call of `login` too:
    without a token it opens a prompt.

    ## When it is fine

    For made-up tokens in tests. Placeholders are not reported.

    ## Limits

    A token of no known format is reported with medium confidence, and only if it is long and random.

    ## Fix safety

    The fix is unsafe: it removes the argument (of a Hugging Face `login` the statement), and the environment variable
    must be set where the program runs.
    """

    code = "MLW306"
    name = "login-with-literal"
    severity = Severity.CRITICAL
    calls = tuple(_LOGINS)
    triggers = _WORDS
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference(
            "huggingface_hub: environment variables",
            "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
        ),
        Reference("wandb: environment variables", "https://docs.wandb.ai/guides/track/environment-variables/"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a token that is passed to a login or a hub, where it was written."""
        arguments, variable = _LOGINS.get(call.name) or _LOGINS.get(f"*.{call.attribute}", ((), ""))
        for name, position in arguments:
            value = call.argument(name, position)
            used = call.argument_span(name, position) or call.span
            shown = call.name or f"….{call.attribute}"
            provider = call.name or "huggingface"
            for text, found in secrets_in(value.strings(), name=name, provider=provider, path=model.document.path):
                span = value_span(model.document, text, used) or used
                inside = used.contains(span)
                steps = [] if inside else [TraceStep(span, "the token"), TraceStep(used, f"is passed to `{shown}`")]
                yield self.finding(
                    span,
                    sentence(found, f"in the call of `{shown}`"),
                    severity=found.severity,
                    confidence=found.confidence,
                    trace=steps,
                    fixes=_fixes(call, model, name, span, inside, found.env or variable),
                )


def _fixes(
    call: CallSite, model: SemanticModel, argument: str, span: Span, inside: bool, variable: str
) -> Iterator[Fix]:
    edits: tuple[TextEdit, ...] | None = None
    title = "Read it from an environment variable"
    if inside and call.name in _ONLY_LOGIN and not call.result_used:
        title, edits = "Remove the login", (without_statement(model.document, call.span),)
    elif inside and variable:
        removal = call.remove_argument(argument)
        if removal is not None:
            title, edits = f"Remove the argument, so that `{variable}` is read", (removal,)
    if edits is None:
        edits = read_from_environment(model.document, span, variable)
    if edits is not None:
        yield Fix(title, edits, Applicability.UNSAFE, WHY_ENVIRONMENT)


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    hf = sample("huggingface")
    wandb = sample("wandb-legacy")
    comet = sample("comet")
    return (
        Bad(
            f"""
            from huggingface_hub import login

            login(token="{hf}")
                         {"^" * len(hf)}
            model = load()
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="Hugging Face access token in the call of `huggingface_hub.login`: whoever reads it here, or in "
            "its history, can use it until it is revoked",
            fixed="""
            from huggingface_hub import login

            model = load()
            """,
        ),
        Bad(
            f"""
            import wandb

            wandb.login(key="{wandb}")
                             {"^" * len(wandb)}
            """,
            fixed="""
            import wandb

            wandb.login()
            """,
        ),
        Bad(
            f"""
            from transformers import AutoModel

            TOKEN = "{hf}"
                     {"^" * len(hf)}
            model = AutoModel.from_pretrained("acme-labs/heads", token=TOKEN)
            """,
            fixed="""
            from transformers import AutoModel
            import os

            TOKEN = os.environ["HF_TOKEN"]
            model = AutoModel.from_pretrained("acme-labs/heads", token=TOKEN)
            """,
        ),
        Bad(
            f"""
            import comet_ml

            experiment = comet_ml.Experiment(api_key="{comet}", project_name="heads")
                                                      {"^" * len(comet)}
            """,
            fixed="""
            import comet_ml

            experiment = comet_ml.Experiment(project_name="heads")
            """,
        ),
        Good(
            """
            import os
            from huggingface_hub import HfApi, login

            login(token=os.environ["HF_TOKEN"])
            api = HfApi(token=True)
            """,
            because="the token comes from the environment or from the cache",
        ),
        Good(
            """
            from huggingface_hub import login
            import wandb

            login("hf_your_token_here")
            login(token="hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
            wandb.login(key="YOUR_API_KEY")
            """,
            because="these are placeholders",
        ),
        Missed(
            """
            import wandb

            wandb.login(key=bytes.fromhex("30313233").decode())
            """,
            because="values that are computed are not followed",
        ),
    )
