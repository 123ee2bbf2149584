"""MLW211: diffusers fetches the code of a pipeline and runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.environment import is_set
from mlwarden.semantics.hub import HubApi, Pin
from mlwarden.semantics.hub_ids import is_repo_id
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import DIFFUSERS_CUSTOM_CODE_FLAG

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_METHODS = frozenset({"from_pretrained", "from_pipe", "download"})
_CODE = HubApi("custom_pipeline", None, revision="custom_revision")
# A file of the folder examples/community of diffusers, which a dataset on the Hub mirrors by release.
_COMMUNITY = re.compile(r"[A-Za-z]\w*")


class DiffusersCustomPipeline(Rule):
    """A diffusers pipeline whose code is fetched and run.

    ## Why is this bad?

    `custom_pipeline="owner/name"` downloads `pipeline.py` from that repository and imports it: its owner, or whoever takes
    the account over, runs code on your machine. Without a commit in `custom_revision` it is the code of the day; `revision`
    pins the weights only. Before diffusers 0.38.0 that needs no `trust_remote_code` (CVE-2026-44513). A name
    without a slash is a community example, which is fetched and run without that flag on every release.

    ## How to fix

    Read the code, copy it into your project and name the file, `custom_pipeline="./pipelines/mine.py"`. Otherwise pin
    `custom_revision`: to a full commit for a repository, to a release such as "0.38.0" for a community pipeline.

    ## When it is fine

    In a throw-away sandbox without credentials.

    ## Limits

    Names that are computed or handed over are left alone. A name without a slash together with `trust_remote_code=True`
    is a file of the model's own repository, which MLW203 and MLW204 judge.

    ## Fix safety

    The fixes are unsafe: they pin to the commit in the local cache, or to the release of diffusers that the project
    requires, and later changes are not fetched any more.
    """

    code = "MLW211"
    name = "diffusers-custom-pipeline"
    severity = Severity.HIGH
    triggers = ("custom_pipeline",)
    cwe = (94, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001",)
    references = (
        Reference(
            "Diffusers: community pipelines",
            "https://huggingface.co/docs/diffusers/using-diffusers/custom_pipeline_overview",
        ),
        Reference("CVE-2026-44513", "https://nvd.nist.gov/vuln/detail/CVE-2026-44513"),
    )
    examples = (
        Bad(
            """
            from diffusers import DiffusionPipeline

            pipe = DiffusionPipeline.from_pretrained(
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^~
                "acme/painter", revision=COMMIT, custom_pipeline="acme/pipes", trust_remote_code=True
            )
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`DiffusionPipeline.from_pretrained` runs the pipeline code that 'acme/pipes' holds at the time",
        ),
        Bad(
            """
            import diffusers as df

            pipe = df.DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="acme/pipes")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"diffusers": "==0.37.1"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`DiffusionPipeline.from_pretrained` runs the pipeline code that 'acme/pipes' holds at the time, "
            "which diffusers==0.37.1 does without `trust_remote_code`",
        ),
        Bad(
            """
            from diffusers import DiffusionPipeline

            CODE = "acme/pipes"

            def load(name):
                return DiffusionPipeline.from_pretrained(name, custom_pipeline=CODE, custom_revision="main")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from diffusers import StableDiffusionPipeline

            pipe = StableDiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="lpw_stable_diffusion")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"diffusers": "==0.40.0"},
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`StableDiffusionPipeline.from_pretrained` fetches the community pipeline 'lpw_stable_diffusion' "
            "and runs its code",
            fixed="""
            from diffusers import StableDiffusionPipeline

            pipe = StableDiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="lpw_stable_diffusion", custom_revision="0.40.0")
            """,
        ),
        Bad(
            """
            from diffusers import DiffusionPipeline

            OPTIONS = {"custom_pipeline": "one_step_unet", "custom_revision": "main"}
            folder = DiffusionPipeline.download("acme/painter", **OPTIONS)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from diffusers import DiffusionPipeline

            class Studio:
                def __init__(self, base):
                    self.pipe = DiffusionPipeline.from_pipe(base, custom_pipeline="acme/pipes", trust_remote_code=True)
                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            def build(pipeline_class, name):
                return pipeline_class.from_pretrained(name, custom_pipeline="acme/pipes", trust_remote_code=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            from diffusers import DiffusionPipeline

            DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="./pipelines/mine.py")
            DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="pipelines/mine", trust_remote_code=True)
            DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline=None)
            """,
            files={"pipelines/mine/pipeline.py": ""},
            because="the code is the project's own",
        ),
        Good(
            """
            from diffusers import DiffusionPipeline

            COMMIT = "0123456789abcdef0123456789abcdef01234567"
            DiffusionPipeline.from_pretrained(
                "acme/painter", custom_pipeline="acme/pipes", custom_revision=COMMIT, trust_remote_code=True
            )
            DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="one_step_unet", custom_revision="0.38.0")
            """,
            because="the code is pinned to a commit, or to a release of diffusers",
        ),
        Good(
            """
            from diffusers import DiffusionPipeline

            pipe = DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="acme/pipes")
            """,
            versions={"diffusers": ">=0.38"},
            because="without `trust_remote_code` these releases refuse",
        ),
        Good(
            """
            from diffusers import DiffusionPipeline

            def load(name, code, revision):
                first = DiffusionPipeline.from_pretrained(name, custom_pipeline=code)
                return DiffusionPipeline.from_pretrained(name, custom_pipeline="acme/pipes", custom_revision=revision)
            """,
            because="the caller names the code, or its revision",
        ),
        Good(
            """
            import os
            from diffusers import DiffusionPipeline

            os.environ["DIFFUSERS_DISABLE_REMOTE_CODE"] = "1"
            pipe = DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline="acme/pipes", trust_remote_code=True)
            """,
            because="the variable forbids remote code",
        ),
        Good(
            """
            class Factory:
                @classmethod
                def from_pretrained(cls, name, custom_pipeline=None):
                    return cls()

            Factory.from_pretrained("acme/painter", custom_pipeline="acme/pipes")
            settings = dict(custom_pipeline="acme/pipes")
            """,
            because="the project's own class, and a dictionary, run nothing",
        ),
        Missed(
            """
            from diffusers import DiffusionPipeline

            pipe = DiffusionPipeline.from_pretrained("acme/painter", custom_pipeline=f"acme/{style}")
            """,
            because="the name is only partly known, and may be a path",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that name the repository, or the community file, of a pipeline's code."""
        calls = [call for call in model.calls if call.attribute in _METHODS and call.fragment.path is None]
        found = [finding for call in calls for finding in self._check(call, model)]
        if found and not is_set(model, "DIFFUSERS_DISABLE_REMOTE_CODE"):
            yield from found

    def _check(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        switch = hub.switch_of(call, "custom_pipeline")
        if switch is None or switch.nested or hub.is_offline(call):
            return
        for text in switch.value.strings():
            if model.is_local(text):
                continue
            if is_repo_id(text) and "/" in text:
                found = self._check_repository(call, text, switch.confidence, model)
            elif _COMMUNITY.fullmatch(text) is not None:
                found = self._check_community(call, text, switch.confidence, model)
            else:
                continue
            if found is not None:
                yield found
                return

    def _check_repository(
        self, call: CallSite, text: str, confidence: Confidence, model: SemanticModel
    ) -> Finding | None:
        revision = call.argument("custom_revision")
        if hub.pin_of(revision) not in {Pin.ABSENT, Pin.MUTABLE}:
            return None
        allowed = switched_on(call.argument("trust_remote_code"))
        old = DIFFUSERS_CUSTOM_CODE_FLAG.ahead(model)
        message = f"`{hub.shown(call)}` runs the pipeline code that '{text}' holds at the time"
        if allowed is None:
            if old is False:
                return None
            allowed = Confidence.HIGH if old else Confidence.MEDIUM
            if old:
                message += f", which {model.version('diffusers').describe()} does without `trust_remote_code`"
        pin = hub.pin_fix(call, _CODE, (text,), model)
        return self.finding(
            call.span,
            message,
            confidence=min(confidence, allowed),
            trace=trace_of(call),
            fixes=() if pin is None else (pin,),
        )

    def _check_community(
        self, call: CallSite, text: str, confidence: Confidence, model: SemanticModel
    ) -> Finding | None:
        if switched_on(call.argument("trust_remote_code")) is not None:
            return None  # a file of the model's own repository
        pin = hub.pin_of(call.argument("custom_revision"))
        if pin is not Pin.ABSENT and not call.argument("custom_revision").may_be("main"):
            return None
        newest = "newest state of the " if pin is not Pin.ABSENT else ""
        return self.finding(
            call.span,
            f"`{hub.shown(call)}` fetches the {newest}community pipeline '{text}' and runs its code",
            severity=Severity.MEDIUM,
            confidence=confidence,
            trace=trace_of(call),
            fixes=self._release_fix(call, model),
        )

    def _release_fix(self, call: CallSite, model: SemanticModel) -> tuple[Fix, ...]:
        from mlwarden.source.requirement import pin_of

        pins = {pin_of(allowed.specifier) for allowed in model.version("diffusers").alternatives}
        release = pins.pop() if len(pins) == 1 else None
        if release is None or re.fullmatch(r"\d+(?:\.\d+)+", release) is None or call.context:
            return ()
        edit = call.set_argument("custom_revision", f'"{release}"')
        if edit is None:
            return ()
        title = f"Pin `custom_revision` to {release}, the release of diffusers that the project requires"
        return (Fix(title, (edit,), Applicability.UNSAFE, "later changes of the pipeline are not fetched any more"),)
