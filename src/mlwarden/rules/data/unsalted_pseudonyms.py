"""MLW617: a plain hash in place of a name, an address or a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.personal_data import Personal

_ALGORITHMS = (
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha3_256",
    "sha3_512",
    "blake2b",
    "blake2s",
    "new",
)
_HASHES = (
    *(f"hashlib.{name}" for name in _ALGORITHMS),
    "hash",
    "zlib.crc32",
    "zlib.adler32",
    "mmh3.hash",
    "xxhash.xxh64",
)
_OF_PANDAS = ("pandas.util.hash_array", "pandas.util.hash_pandas_object", "pandas.core.util.hashing.hash_array")
_APPLIED = ("apply", "map", "transform", "applymap", "map_elements")
_KEYED = re.compile(r"salt|pepper|hmac|secret|\bkey\b|_key|gravatar", re.IGNORECASE)
_HASHING = re.compile(r"\b(?:hashlib\.\w+|md5|sha1|sha224|sha256|sha384|sha512|blake2[bs]|hash)\s*\(")


class UnsaltedPseudonyms(Rule):
    """A hash without a key over e-mail addresses, phone numbers or other personal data.

    ## Why is this bad?

    There are few phone numbers, social security numbers and known e-mail addresses: all of them are hashed in minutes, and
    then every pseudonym is looked up in that list. The same address has the same hash in every table of everybody, so that
    tables can be joined. Data protection law counts such a hash as personal data.

    ## How to fix

    `hmac.new(key, value, hashlib.sha256)` with a key that is kept apart from the data, or random pseudonyms with a table that
    stays with you. Delete the key when nobody has to be found again.

    ## When it is fine

    As the key of a cache, or where a service asks for the hash (Gravatar is left out). The rule is off by default.

    ## Limits

    Personal data is told by the names of columns and variables. A salt or key is told by its name too: where one is in the
    hashed expression, nothing is reported.
    """

    code = "MLW617"
    name = "unsalted-pseudonyms"
    severity = Severity.LOW
    default = False
    triggers = ("hashlib", "hash", "hash_array", "hash_pandas_object", "crc32", "mmh3", "xxhash")
    cwe = (759, 359)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0024",)
    references = (
        Reference("Python: hmac", "https://docs.python.org/3/library/hmac.html"),
        Reference(
            "FTC: hashing does not make data anonymous",
            "https://www.ftc.gov/policy/advocacy-research/tech-at-ftc/2024/07/no-hashing-still-doesnt-make-your-data-anonymous",
        ),
    )
    examples = (
        Bad(
            """
            import hashlib

            def pseudonym(email):
                return hashlib.sha256(email.strip().lower().encode()).hexdigest()
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`hashlib.sha256` of e-mail addresses without a key: who hashes a list of them knows whom each belongs to",
        ),
        Bad(
            """
            import hashlib
            import pandas as pd

            df = pd.read_csv("patients.csv")
            df["ssn"] = df["ssn"].apply(lambda value: hashlib.md5(value.encode()).hexdigest())
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="A hash of social security numbers without a key: who hashes a list of them knows whom each belongs to",
        ),
        Bad(
            """
            import pandas as pd

            df = pd.read_csv("users.csv")
            df["id"] = df.phone_number.map(hash)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import hashlib

            def digest(text):
                return hashlib.sha1(text.encode("utf-8")).hexdigest()

            people["email"] = people["email"].map(digest)
                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pandas as pd

            frame["customer"] = pd.util.hash_array(frame["customer_email"].to_numpy())
                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`pandas.util.hash_array` of e-mail addresses without a key: who hashes a list of them knows whom each belongs to",
        ),
        Bad(
            """
            from hashlib import new

            key = new("sha256", f"{row['first_name']}{row['dob']}".encode()).hexdigest()
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import hashlib
            import hmac

            def pseudonym(email, key):
                return hmac.new(key, email.encode(), hashlib.sha256).hexdigest()
            """,
            because="without the key nobody can make the list",
        ),
        Good(
            """
            import hashlib

            df["email"] = df["email"].map(lambda value: hashlib.sha256((SALT + value).encode()).hexdigest())
            token = hashlib.blake2b(email.encode(), key=PSEUDONYM_KEY).hexdigest()
            """,
            because="there is a salt, or a key",
        ),
        Good(
            """
            import hashlib

            digest = hashlib.sha256(open("model.safetensors", "rb").read()).hexdigest()
            name = hashlib.md5(prompt.encode()).hexdigest()
            bucket = hash(document_id) % 16
            """,
            because="these are no personal data",
        ),
        Good(
            """
            import hashlib

            url = "https://www.gravatar.com/avatar/" + hashlib.md5(email.lower().encode()).hexdigest()
            """,
            because="the service asks for that hash",
        ),
        Good(
            """
            import pandas as pd

            ids = pd.util.hash_array(df["email"].to_numpy(), hash_key=key)
            """,
            because="there is a key",
        ),
        Good(
            """
            df["phone_number"] = df["phone_number"].map(str.strip).apply(len)
            """,
            because="no hash is made",
        ),
        Missed(
            """
            import hashlib

            df["visitor"] = df["visitor"].map(lambda value: hashlib.md5(value.encode()).hexdigest())
            """,
            because="the name does not say what the column holds",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look for hashes over personal data."""
        from mlwarden.semantics.personal_data import PersonalData

        data: PersonalData | None = None
        seen: set[int] = set()
        for call in model.calls:
            node = call.node
            applied = call.attribute in _APPLIED
            known = call.name in _HASHES or call.name in _OF_PANDAS
            if not (applied or known) or call.fragment.path is not None or not isinstance(node, cst.Call):
                continue
            if id(node) in seen or call.indirect:
                continue
            data = data or PersonalData(model)
            found: Personal | None = None
            if known and not _is_keyed(call):
                found = data.in_call(call)
            elif applied and isinstance(node.func, cst.Attribute) and _hashes(call, model):
                found = data.in_argument(call, node.func.value)
            if found is None:
                continue
            seen.add(id(node))
            what = f"`{call.name}`" if known else "A hash"
            yield self.finding(
                call.span,
                f"{what} of {found.kind} without a key: who hashes a list of them knows whom each belongs to",
                confidence=Confidence.MEDIUM,
            )


def _is_keyed(call: CallSite) -> bool:
    """Whether a key or salt goes into a hash, or a service asks for it."""
    if (
        not call.argument("key").is_absent
        or not call.argument("hash_key").is_absent
        or not call.argument("salt").is_absent
    ):
        return True
    start = call.fragment.text.rfind("\n", 0, call.span.start - call.fragment.start) + 1
    line = call.fragment.text[start : call.span.end - call.fragment.start]
    inside = call.text(call.span)
    return _KEYED.search(inside.partition("(")[2]) is not None or "gravatar" in line.lower()


def _hashes(call: CallSite, model: SemanticModel) -> bool:
    """Whether the function that a call applies to each value is a hash without a key."""
    from mlwarden.semantics.values import Function

    value = call.positional()[0] if call.positional() else call.argument("func")
    if any(name in _HASHES for name in value.names()):
        return True
    for option in value.alternatives():
        if isinstance(option, Function) and option.definition is not None:
            code = cst.Module(body=()).code_for_node(option.definition.node)
            if _HASHING.search(code) and not _KEYED.search(code):
                return True
    return False
