"""The table of configuration keys. Validation, the JSON schema, `mlwarden config` and the documentation read it."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Kind(enum.Enum):
    """The type of a key's value; the text is how the documentation names it."""

    CODES = "list of codes"
    GLOBS = "list of globs"
    CODES_BY_GLOB = "table: glob to list of codes"
    SEVERITY_BY_CODE = "table: code to severity"
    SPECIFIER_BY_NAME = "table: package to version specifier"
    SWITCH = "true or false"
    SEVERITY = "severity"
    CONFIDENCE = "confidence"
    PATH = "path"
    POLICY = "table: `sources` to a table of `allow` and `deny`, lists of patterns"
    COUNT = "whole number, at least 1"


class Field(NamedTuple):
    """One configuration key.

    Attributes:
        key: as written in the file, kebab case; the attribute of `Settings` is the same in snake case.
        kind: the type of its value.
        doc: what it does, in one or two sentences.
        example: a line of TOML.
        unset: what leaving it out means, where no value of the kind says that.
    """

    key: str
    kind: Kind
    doc: str
    example: str
    unset: str = ""

    @property
    def attribute(self) -> str:
        """The name of the attribute of `Settings`."""
        return self.key.replace("-", "_")


FIELDS: tuple[Field, ...] = (
    Field(
        "select",
        Kind.CODES,
        "Rules to check. A prefix means its rules that are on by default; an exact code or `ALL` also means those "
        "that are off by default.",
        'select = ["MLW1", "MLW203", "B"]',
        unset="every rule that is on by default",
    ),
    Field("extend-select", Kind.CODES, "Rules to check besides `select`.", 'extend-select = ["MLW404"]'),
    Field(
        "ignore",
        Kind.CODES,
        "Rules not to check. Where `select` and `ignore` both name a rule, the more specific of the two wins, "
        "and `ignore` wins a tie.",
        'ignore = ["MLW206"]',
    ),
    Field(
        "per-file-ignores",
        Kind.CODES_BY_GLOB,
        "Rules whose findings are dropped in files that match a glob. Globs follow `.gitignore`.",
        'per-file-ignores = { "tests/**" = ["MLW101", "B101"] }',
    ),
    Field(
        "unsuppressable",
        Kind.CODES,
        "Rules whose findings no comment and no cell tag can suppress.",
        'unsuppressable = ["MLW3"]',
    ),
    Field(
        "severities",
        Kind.SEVERITY_BY_CODE,
        "Severities that replace the rule's own. The longest code or prefix that fits a rule counts.",
        'severities = { MLW203 = "critical" }',
    ),
    Field("severity", Kind.SEVERITY, "The least severity that is shown.", 'severity = "medium"'),
    Field("confidence", Kind.CONFIDENCE, "The least confidence that is shown.", 'confidence = "medium"'),
    Field(
        "fail-on",
        Kind.SEVERITY,
        "The least severity that makes the exit status 1.",
        'fail-on = "high"',
        unset="any finding that is shown",
    ),
    Field("unsafe-fixes", Kind.SWITCH, "Whether `--fix` also applies fixes that are not safe.", "unsafe-fixes = true"),
    Field(
        "versions",
        Kind.SPECIFIER_BY_NAME,
        "Versions of libraries that you vouch for. They count before what dependency files and lock files say.",
        'versions = { torch = ">=2.6" }',
    ),
    Field(
        "policy",
        Kind.POLICY,
        "Where models, data and packages may come from, for rule MLW220. A pattern is a name on the Hugging Face Hub "
        "(`meta-llama/*`, `datasets/acme/*`), a host, with or without a path (`*.acme.org`, `github.com/acme/*`), or a "
        "URL with its protocol (`s3://acme-models/*`); `*` alone has everything. With `allow`, what no pattern of it "
        "has is reported; what a pattern of `deny` has is reported in any case. In `deny`, a bare name also means the "
        "publisher of that name.",
        'policy.sources = { allow = ["meta-llama/*", "*.acme.org"], deny = ["s3://acme-drafts/*"] }',
        unset="no policy: any source is fine",
    ),
    Field(
        "exclude",
        Kind.GLOBS,
        "Files and folders that are not checked. Replaces the built-in list. Globs follow `.gitignore`.",
        'exclude = ["third_party/"]',
        unset="the built-in list",
    ),
    Field("extend-exclude", Kind.GLOBS, "Files and folders added to `exclude`.", 'extend-exclude = ["data/"]'),
    Field(
        "respect-gitignore",
        Kind.SWITCH,
        "Whether files that `.gitignore` names are passed over.",
        "respect-gitignore = false",
    ),
    Field(
        "baseline",
        Kind.PATH,
        "A file with recorded findings, which are not reported again.",
        'baseline = "mlwarden-baseline.json"',
        unset="no baseline",
    ),
    Field(
        "jobs",
        Kind.COUNT,
        "The number of processes. A cluster (`--executor`) can only be named on the command line.",
        "jobs = 4",
        unset="as many as the work is worth, at most one per processor",
    ),
    Field("cache", Kind.SWITCH, "Whether results are kept between runs over 20 files and more.", "cache = false"),
    Field(
        "cache-dir",
        Kind.PATH,
        "The folder for kept results. One that is there already must be empty or a cache of mlwarden's.",
        'cache-dir = ".cache/mlwarden"',
        unset="`.mlwarden_cache` in the folder of the configuration file, or in the working directory where there is none",
    ),
)
