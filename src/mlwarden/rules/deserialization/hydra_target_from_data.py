"""MLW134: objects built from a configuration that came with a model or a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import leaves
from mlwarden.semantics.origins import OriginKind, origin_of, trace_of
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Calls that import and call what their configuration names.
_BUILDERS: dict[str, tuple[str, int]] = {
    "hydra.utils.instantiate": ("config", 0),
    "hydra.utils.call": ("config", 0),
    "hydra.utils.get_class": ("path", 0),
    "hydra.utils.get_method": ("path", 0),
    "hydra.utils.get_object": ("path", 0),
    "monai.bundle.ConfigParser": ("config", 0),
    "monai.bundle.ConfigParser().read_config": ("f", 0),
    "detectron2.config.instantiate": ("cfg", 0),
    "ldm.util.instantiate_from_config": ("config", 0),
    "sgm.util.instantiate_from_config": ("config", 0),
    "importlib.import_module": ("name", 0),
    "pydoc.locate": ("path", 0),
}
# Names without which nothing gets from the network to `import_module`.
_SOURCES = ("requests", "httpx", "urllib", "aiohttp", "fastapi", "flask", "hf_hub_download", "snapshot_download")
# Values that came out of a model file or an archive.
_FROM_FILE = re.compile(
    r"(?:torch\.load|tarfile\.\w+|zipfile\.ZipFile|safetensors\.safe_open|h5py\.File|joblib\.load)\b.*"
)


class HydraTargetFromData(Rule):
    """Objects built from a configuration that came with a model, an archive or a request.

    ## Why is this bad?

    `instantiate` and its like import what the configuration names under `_target_` and call it with the arguments that
    the configuration gives. A configuration from somebody else is a program: `_target_: os.system` is enough. Models of
    NeMo could run code this way (CVE-2025-23304).

    ## How to fix

    Compare `_target_` with a list of allowed prefixes before anything is built, nested entries included, or read the
    values that you need and build the objects in code.

    ## When it is fine

    For configurations of your own project; those are not reported.

    ## Limits

    A configuration of unknown origin is not reported: most are the project's own.
    """

    code = "MLW134"
    name = "hydra-target-from-data"
    severity = Severity.HIGH
    calls = tuple(_BUILDERS)
    triggers = (
        ("hydra", "instantiate"),
        ("hydra", "call"),
        ("hydra", "get_class"),
        ("hydra", "get_method"),
        ("hydra", "get_object"),
        ("monai", "ConfigParser"),
        ("detectron2", "instantiate"),
        "instantiate_from_config",
        *((source, name) for name in ("import_module", "locate") for source in _SOURCES),
    )
    cwe = (470, 94)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("Hydra: instantiating objects", "https://hydra.cc/docs/advanced/instantiate_objects/overview/"),
        Reference("CVE-2025-23304: NeMo", "https://nvd.nist.gov/vuln/detail/CVE-2025-23304"),
    )
    examples = (
        Bad(
            """
            from huggingface_hub import hf_hub_download
            from hydra.utils import instantiate
            from omegaconf import OmegaConf

            config = OmegaConf.load(hf_hub_download("somebody/model", "config.yaml"))
            model = instantiate(config)
                    ^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`hydra.utils.instantiate` imports and calls whatever data from the network names",
        ),
        Bad(
            """
            import hydra
            import torch

            def restore(path):
                checkpoint = torch.load(path, weights_only=True)
                return hydra.utils.instantiate(checkpoint["config"])
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`hydra.utils.instantiate` imports and calls whatever the contents of a model file name",
        ),
        Bad(
            """
            import hydra
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/train")
            def train(config: dict):
                return hydra.utils.call(config)
                       ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import importlib
            import requests

            spec = requests.get("https://example.com/plugin.json").json()
            module = importlib.import_module(spec["module"])
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Good(
            """
            import hydra

            @hydra.main(config_path="conf", config_name="train", version_base=None)
            def main(config):
                model = hydra.utils.instantiate(config.model)
            """,
            because="the configuration is the project's own",
        ),
        Good(
            """
            import importlib

            def plugin(name):
                return importlib.import_module(f"project.plugins.{name}")
            """,
            because="what is imported lies in the project's own package",
        ),
        Good(
            """
            from hydra.utils import instantiate

            model = instantiate({"_target_": "project.Model", "layers": 3})
            """,
            because="the configuration is written in the code",
        ),
        Missed(
            """
            from hydra.utils import instantiate
            from project.download import fetch_config

            model = instantiate(fetch_config())
            """,
            because="where the project's function takes the configuration from is not known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a configuration that certainly or probably came from somebody else."""
        keyword, position = _BUILDERS[call.name]
        config = call.argument(keyword, position)
        if call.digest_checked or any(config.prefixes()):
            return  # a name that begins in the code stays in that package
        origin = origin_of(config)
        if origin.kind is OriginKind.REMOTE:
            severity, what = Severity.HIGH, f"{origin.phrase} names"
            sure = Confidence.HIGH if origin.certain else Confidence.MEDIUM
        elif _is_from_file(config) and call.name != "importlib.import_module":
            severity, what, sure = Severity.MEDIUM, "the contents of a model file name", Confidence.MEDIUM
        else:
            return
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` imports and calls whatever {what}",
            severity=severity,
            confidence=sure,
            trace=trace_of(call, origin),
        )


def _is_from_file(config: Value) -> bool:
    named = [option for option in config.alternatives() if isinstance(option, Name)]
    return any(_FROM_FILE.fullmatch(option.name) for option in (*named, *leaves(config)) if isinstance(option, Name))
