"""Which places the patterns of a policy have, and which patterns are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.artifact_sources import Source, github_source, hub_source, matches, problem_of, url_source
from mlwarden.model.policy import Policy, SourcePolicy


def url(text: str, *, partial: bool = False) -> Source:
    source = url_source(text, partial=partial)
    assert source is not None
    return source


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ("*", url("ftp://a/b")),
        ("meta-llama/*", hub_source("meta-llama/Llama-3.2-1B")),
        ("Meta-Llama/*", hub_source("meta-llama/Llama-3.2-1B")),
        ("meta-llama/Llama-?.2-1B", hub_source("meta-llama/Llama-3.2-1B")),
        ("hf://meta-llama/*", hub_source("meta-llama/Llama-3.2-1B")),
        ("gpt2", hub_source("gpt2")),
        ("datasets/acme/*", hub_source("acme/rows", "dataset")),
        ("acme/*", hub_source("acme/rows", "dataset")),
        ("huggingface.co", hub_source("acme/sparrow")),
        ("acme/*", url("https://huggingface.co/acme/sparrow/resolve/main/model.bin")),
        ("acme/*", url("hf://datasets/acme/rows@main/a.csv")),
        ("*.acme.org", url("https://models.eu.acme.org/a")),
        ("models.acme.org", url("https://user:word@MODELS.acme.org:8443/a?b=c")),
        ("models.acme.org", url("git+https://models.acme.org/a.git@main")),
        ("models.acme.org/public/*", url("https://models.acme.org/public/a/b.bin")),
        ("https://models.acme.org/*", url("https://models.acme.org/a")),
        ("github.com/acme/*", github_source("acme/vision:main")),
        ("s3://acme-models/*", url("s3://acme-models/a/b.bin")),
        ("s3://acme-*", url("s3://acme-models/a/b.bin")),
        ("models.acme.org/public/*", url("https://models.acme.org/", partial=True)),
    ],
)
def test_a_pattern_has_a_place(pattern: str, source: Source) -> None:
    assert matches(pattern, source)


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ("meta-llama/*", hub_source("meta-llama-evil/Llama")),
        ("meta-llama", hub_source("meta-llama/Llama-3.2-1B")),
        ("*/Llama", github_source("acme/Llama")),
        ("acme/*", github_source("acme/vision")),
        ("gpt2", hub_source("gpt2/gpt2")),
        ("datasets/acme/*", hub_source("acme/sparrow")),
        ("*.acme.org", url("https://acme.org/a")),
        ("*.acme.org", url("https://zoo.org/x.acme.org/a")),
        ("*.acme.org", url("https://models.acme.org@zoo.org/a")),
        ("models.acme.org", url("https://models.acme.org.zoo.org/a")),
        ("https://*/models.acme.org", url("https://zoo.org/a")),
        ("models.acme.org/public/*", url("https://models.acme.org/public/../private/a")),
        ("models.acme.org/public/*", url("https://models.acme.org/private/a")),
        ("https://models.acme.org", url("http://models.acme.org/a")),
        ("acme-models", url("s3://acme-models/a")),
        ("s3://acme-models/*", url("gs://acme-models/a")),
        ("s3://acme-models/*", url("s3://acme-models-2/a")),
    ],
)
def test_a_pattern_has_not_a_place(pattern: str, source: Source) -> None:
    assert not matches(pattern, source)


@pytest.mark.parametrize("text", ["", "weights.bin", "/data/a", "file:///data/a", "data://x", "C:\\a", "https:/a"])
def test_what_is_no_source(text: str) -> None:
    assert url_source(text) is None


def test_a_host_that_may_go_on_is_not_known() -> None:
    assert url_source("https://models.acme", partial=True) is None
    assert url("https://models.acme.org/", partial=True).host == "models.acme.org"


def test_a_message_shows_no_credentials() -> None:
    assert url("https://user:word@models.acme.org/a?token=x").shown == "https://models.acme.org/a"


def test_what_is_denied_is_denied_though_it_is_allowed() -> None:
    policy = SourcePolicy(("acme/*",), ("acme/draft-*",))
    assert policy.refusal(hub_source("acme/sparrow")) is None
    assert policy.refusal(hub_source("acme/draft-sparrow")) == "acme/draft-*"
    assert policy.refusal(hub_source("zoo/sparrow")) == ""


def test_a_bare_name_denies_its_publisher_too() -> None:
    policy = SourcePolicy(None, ("zoo",))
    assert policy.refusal(hub_source("zoo/sparrow")) == "zoo"
    assert policy.refusal(hub_source("acme/zoo")) is None


def test_an_empty_list_allows_nothing_and_none_decides_nothing() -> None:
    assert SourcePolicy(()).refusal(hub_source("acme/sparrow")) == ""
    assert SourcePolicy(())
    assert not SourcePolicy()
    assert not Policy()


@pytest.mark.parametrize(
    "pattern",
    ["*", "gpt2", "meta-llama/*", "datasets/acme/*", "*.acme.org", "github.com/acme/*", "s3://a/*"],
)
def test_good_patterns(pattern: str) -> None:
    assert problem_of(pattern) == ("", "")


@pytest.mark.parametrize(
    ("pattern", "problem", "suggestion"),
    [
        ("meta-llama/", "names no repository", "meta-llama/*"),
        ("meta llama/*", "only letters, digits, '*', '?' and the characters of URLs can stand in a pattern", ""),
        ("[ab]/*", "only letters, digits, '*', '?' and the characters of URLs can stand in a pattern", ""),
        ("s3://", "names no host or bucket", ""),
        ("./models", "is a path; a pattern is a hub id, a host, or a URL", ""),
        ("a/b/c", "is neither a hub id nor a host with a path", ""),
        ("models.acme.org:8443", "is neither a hub id, a host, nor a URL with its protocol", ""),
    ],
)
def test_bad_patterns(pattern: str, problem: str, suggestion: str) -> None:
    assert problem_of(pattern) == (problem, suggestion)


@given(st.text(alphabet="ab.:/@?*-[]%#\\", max_size=30), st.text(alphabet="ab.:/@?*-[]%#\\", max_size=30))
def test_nothing_is_too_odd(pattern: str, text: str) -> None:
    for candidate in (text, f"https://{text}"):
        source = url_source(candidate)
        if source is not None and problem_of(pattern) == ("", ""):
            matches(pattern, source)


@given(st.from_regex(r"[a-z0-9-]{1,8}/[a-zA-Z0-9._-]{1,12}", fullmatch=True))
def test_an_id_without_wildcards_has_itself_and_its_publishers_pattern(repo_id: str) -> None:
    assert matches(repo_id, hub_source(repo_id))
    assert matches(f"{repo_id.partition('/')[0]}/*", hub_source(repo_id))
