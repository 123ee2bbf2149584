"""MLW616: randomness that can be foreseen, where privacy or access depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_WEAK = re.compile(
    r"random\.(?:Random\(\)\.)?(?:choice|choices|randint|random|randrange|getrandbits|sample|uniform|randbytes)"
    r"|numpy\.random\.(?:default_rng\(\)\.|RandomState\(\)\.)?(?:choice|randint|integers|random|random_integers|bytes|rand|uniform)"
)
# Names of values that open something, or keep persons apart; `token` and `key` by themselves are ordinary words here.
_SECURITY = re.compile(
    r"(?:\w+_)?(?:(?:auth|api|access|session|csrf|reset|refresh|bearer|invite|login|verification|activation|share)_?(?:token|key|code|secret)"
    r"|secret(?:_?key)?|passw(?:or)?d|passphrase|salt|pepper|nonce|otp|one_time_(?:code|password)|pin_code|encryption_key|private_key"
    r"|hmac_key|signing_key|pseudonym_key)s?",
    re.IGNORECASE,
)
_MAKES = re.compile(r"(?:generate|gen|make|create|new|random|get|build|issue)_", re.IGNORECASE)
_NOISE = re.compile(
    r"numpy\.random\.(?:default_rng\(\)\.|RandomState\(\)\.)?(?:laplace|normal|geometric|gumbel|exponential)|random\.(?:gauss|normalvariate)"
)
_SENSITIVITY = re.compile(r"sensitiv|\bdp_|privacy", re.IGNORECASE)
_MECHANISMS = re.compile(r"diffprivlib\.(?:mechanisms|models|tools)\.\w+")
_ENGINES = ("opacus.PrivacyEngine", "opacus.privacy_engine.PrivacyEngine")


class WeakRandomnessPrivacy(Rule):
    """Randomness that can be computed from a few of its values, used for tokens, salts or the noise of privacy.

    ## Why is this bad?

    `random` and `numpy.random` are made for simulations. Who sees some hundred values, or guesses the seed, knows all that
    come: the next reset token, the salt of every pseudonym, the noise that hides a person in a statistic. Noise that can be
    subtracted protects nobody, whatever epsilon says.

    ## How to fix

    Take tokens, salts and passwords from `secrets`. For differential privacy use a library with a secure generator:
    `PrivacyEngine(secure_mode=True)` in Opacus, diffprivlib without `random_state`.

    ## When it is fine

    In experiments with differential privacy whose results are not published, and for tokens that open nothing. The rule
    is off by default for that reason.

    ## Limits

    Tokens are told by the name that they are given. Noise is told by the sensitivity or epsilon in its scale.

    ## Fix safety

    The fixes are unsafe: `secrets` can't be seeded, so that runs are not repeated exactly, and `secure_mode=True` needs
    the package `torchcsprng`.
    """

    code = "MLW616"
    name = "weak-randomness-privacy"
    severity = Severity.MEDIUM
    default = False
    triggers = ("random", "opacus", "diffprivlib")
    cwe = (330, 338)
    owasp_llm = ("LLM02",)
    owasp_ml = ("ML04",)
    atlas = ("AML.T0024.000",)
    references = (
        Reference("Python: random, the warning", "https://docs.python.org/3/library/random.html"),
        Reference("Python: secrets", "https://docs.python.org/3/library/secrets.html"),
        Reference("Opacus: PrivacyEngine", "https://opacus.ai/api/privacy_engine.html"),
    )
    examples = (
        Bad(
            """
            import random
            import string

            def new_reset_token():
                return "".join(random.choice(string.ascii_letters) for _ in range(32))
                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`random.choice` makes `new_reset_token`, but who sees a few of its values can compute the others",
            fixed="""
            import random
            import string
            import secrets

            def new_reset_token():
                return "".join(secrets.choice(string.ascii_letters) for _ in range(32))
            """,
        ),
        Bad(
            """
            import hashlib
            import numpy as np

            salt = str(np.random.randint(0, 10**9))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            df["user"] = df["user"].map(lambda name: hashlib.sha256((salt + name).encode()).hexdigest())
            """,
            message="`numpy.random.randint` makes `salt`, but who sees a few of its values can compute the others",
        ),
        Bad(
            """
            import random

            class Gate:
                def __init__(self):
                    self.api_key = "%032x" % random.getrandbits(128)
                                             ^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import numpy as np

            def private_mean(values, epsilon, sensitivity):
                return values.mean() + np.random.laplace(0, sensitivity / epsilon)
                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="The noise of `numpy.random.laplace` can be computed and subtracted: it hides nobody",
        ),
        Bad(
            """
            from opacus import PrivacyEngine

            engine = PrivacyEngine(secure_mode=False)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
            fixed="""
            from opacus import PrivacyEngine

            engine = PrivacyEngine(secure_mode=True)
            """,
        ),
        Bad(
            """
            import opacus

            engine = opacus.PrivacyEngine(accountant="rdp")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            message="`PrivacyEngine` without `secure_mode=True` draws its noise from a generator that can be foreseen",
            fixed="""
            import opacus

            engine = opacus.PrivacyEngine(accountant="rdp", secure_mode=True)
            """,
        ),
        Bad(
            """
            from diffprivlib.models import LogisticRegression

            model = LogisticRegression(epsilon=1.0, random_state=42)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from diffprivlib.models import LogisticRegression

            model = LogisticRegression(epsilon=1.0)
            """,
        ),
        Good(
            """
            import secrets

            reset_token = secrets.token_urlsafe(32)
            salt = secrets.token_bytes(16)
            """,
            because="`secrets` can't be foreseen",
        ),
        Good(
            """
            import random

            password = "".join(random.SystemRandom().choice("abcdef") for _ in range(16))
            """,
            because="the system's generator can't be foreseen either",
        ),
        Good(
            """
            import random
            import numpy as np

            token = random.choice(vocabulary)
            next_token = np.random.choice(len(probabilities), p=probabilities)
            tokens, keys = random.sample(words, 10), np.random.rand(4, 8)
            seed = random.randint(0, 2**32)
            """,
            because="tokens and keys of a language model open nothing",
        ),
        Good(
            """
            import numpy as np

            epsilon = 0.1
            noise = np.random.laplace(0, 1, size=100)
            step = np.random.normal(0, learning_rate)
            action = np.random.randint(4) if np.random.random() < epsilon else policy(state)
            """,
            because="no privacy depends on it",
        ),
        Good(
            """
            from opacus import PrivacyEngine
            from diffprivlib.models import GaussianNB

            engine = PrivacyEngine(secure_mode=True)
            model = GaussianNB(epsilon=1.0)
            """,
            because="the generators are secure",
        ),
        Missed(
            """
            import random

            links[user] = f"https://files.example.org/{random.getrandbits(64):x}"
            """,
            because="no name says that the address is a secret",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at the calls of weak generators by what their values are for."""
        named: dict[int, str] = {}
        for fragment in model.fragments:
            if fragment.path is None:
                _collect(fragment.tree, named)
        seen: set[int] = set()
        for call in model.calls:
            if call.fragment.path is not None or id(call.node) in seen or not call.name:
                continue
            found = list(self._in_call(call, model, named))
            if found:
                seen.add(id(call.node))
                yield from found

    def _in_call(self, call: CallSite, model: SemanticModel, named: dict[int, str]) -> Iterator[Finding]:
        name = call.name.replace("()", "")
        if call.name in _ENGINES:
            mode = call.argument("secure_mode")
            if mode.may_be_true() or (mode.is_unknown and not mode.may_be(False)):
                return
            given = mode.may_be(False)
            edit = call.set_argument("secure_mode", "True")
            yield self.finding(
                call.span,
                f"`PrivacyEngine` {'with `secure_mode=False`' if given else 'without `secure_mode=True`'} draws its noise from a "
                "generator that can be foreseen",
                severity=Severity.MEDIUM if given else Severity.LOW,
                confidence=Confidence.HIGH,
                fixes=()
                if edit is None
                else (Fix("Use the secure generator", (edit,), Applicability.UNSAFE, "it needs torchcsprng"),),
            )
        elif _MECHANISMS.fullmatch(call.name):
            state = call.argument("random_state")
            if not any(isinstance(seed, int) for seed in state.constants()):
                return
            edit = call.remove_argument("random_state")
            yield self.finding(
                call.span,
                f"`{name}` with a fixed `random_state` adds the same noise every time: who knows the seed subtracts it",
                confidence=Confidence.HIGH,
                fixes=()
                if edit is None
                else (Fix("Leave the seed out", (edit,), Applicability.UNSAFE, "runs are not repeated exactly"),),
            )
        elif _NOISE.fullmatch(call.name):
            text = call.text(call.span)
            if _SENSITIVITY.search(text) or ("laplace" in call.name and "epsilon" in text.lower()):
                message = f"The noise of `{name}` can be computed and subtracted: it hides nobody"
                yield self.finding(call.span, message, confidence=Confidence.MEDIUM)
        elif _WEAK.fullmatch(call.name) and (target := named.get(id(call.node), "")):
            yield self.finding(
                call.span,
                f"`{name}` makes `{target}`, but who sees a few of its values can compute the others",
                confidence=Confidence.MEDIUM,
                fixes=_from_secrets(call, model),
            )


def _collect(tree: cst.Module, named: dict[int, str]) -> None:
    """Note for each call the name that says what its value is for, where that is something to protect."""
    stack: list[tuple[cst.CSTNode, str]] = [(tree, "")]
    while stack:
        node, name = stack.pop()
        if isinstance(node, (cst.FunctionDef, cst.Lambda)):
            name = ""
            if isinstance(node, cst.FunctionDef) and _is_protected(_MAKES.sub("", node.name.value, count=1)):
                for statement in _returns(node):
                    stack.append((statement, node.name.value))
        elif isinstance(node, cst.Assign):
            targets = [_target(target.target) for target in node.targets]
            name = next((target for target in targets if _is_protected(target)), name)
        elif isinstance(node, cst.AnnAssign):
            name = _target(node.target) if _is_protected(_target(node.target)) else name
        elif isinstance(node, cst.Arg) and node.keyword is not None and _is_protected(node.keyword.value):
            name = node.keyword.value
        elif isinstance(node, cst.DictElement) and isinstance(node.key, cst.SimpleString):
            key = node.key.evaluated_value
            name = key if isinstance(key, str) and _is_protected(key) else name
        elif isinstance(node, cst.Call) and name:
            named.setdefault(id(node), name)
        stack.extend((child, name) for child in node.children)


def _returns(node: cst.FunctionDef) -> Iterator[cst.Return]:
    stack: list[cst.CSTNode] = [node.body]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Return):
            yield part
        elif not isinstance(part, (cst.FunctionDef, cst.Lambda)):
            stack.extend(part.children)


def _target(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return node.attr.value
    if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
        key = node.slice[0].slice.value
        text = key.evaluated_value if isinstance(key, cst.SimpleString) else ""
        return text if isinstance(text, str) else ""
    return ""


def _is_protected(name: str) -> bool:
    return _SECURITY.fullmatch(name) is not None


def _from_secrets(call: CallSite, model: SemanticModel) -> Iterator[Fix]:
    """`secrets.choice` for `random.choice`: the same call of another module."""
    if call.name != "random.choice" or call.indirect:
        return
    module, import_edit = model.import_edit("secrets", call.span)
    edits = [call.replace_callee(f"{module}.choice")]
    if import_edit is not None:
        edits.append(import_edit)
    yield Fix("Use `secrets.choice`", tuple(edits), Applicability.UNSAFE, "it can't be seeded")
