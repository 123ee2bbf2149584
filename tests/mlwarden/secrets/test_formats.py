"""Every format: made-up values are found in all clothes, with their exact range; near misses are not."""

from __future__ import annotations

import random

import pytest

from mlwarden.model.levels import Confidence
from mlwarden.secrets.formats import TokenFormat, all_formats, compiled, format_of
from mlwarden.secrets.quick_look import ENDS_OF_PREFIXES
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import find_secrets

FORMATS = [pytest.param(token, id=token.id) for token in all_formats()]
# What has to stand around a value for which the provider's name alone is not enough.
_CLOTHES = {
    "aws-presigned": ("https://bucket.s3.amazonaws.com/model.pt?X-Amz-Expires=600&X-Amz-Signature=", "&x=1"),
    "azure-shared-access": ("Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=all;SharedAccessKey=", ""),
    "azure-sas": ("https://acme.blob.core.windows.net/data?sv=2024-08-04&se=2027-01-01&sp=r&", ""),
    "slack-webhook": ("https://", ""),
    "discord-webhook": ("https://discord.com", ""),
}


def clothes(token: TokenFormat) -> list[tuple[str, str]]:
    """What stands before and after a value in code and configuration files."""
    if token.id in _CLOTHES:
        before, after = _CLOTHES[token.id]
        return [(f'"{before}', f'{after}"'), (f"URL={before}", f"{after}\n")]
    if token.id == "private-key":
        return [('KEY = """', '"""\n'), ("", "\n"), ("key: |\n", "\n")]
    name = token.near[0] if token.near else "acme"
    return [
        (f'{name}_api_key = "', '"\n'),
        (f"{name.upper()}_API_KEY='", "'  # do not commit"),
        (f'{{"{name}_token": "', '", "other": 1}'),
        (f"{name}:\n  api_key: ", "\n  other: 1\n"),
        (f"export {name.upper()}_SECRET_KEY=", "\n"),
        (f'client = {name}.Client(url, api_key="', '")\n'),
        (f"{name} login with key=", ""),
    ]


@pytest.mark.parametrize("token", FORMATS)
def test_values_are_found_where_they_stand(token: TokenFormat) -> None:
    for number in range(3):
        value = sample(token.id, number)
        for before, after in clothes(token):
            text = f"first line\n{before}{value}{after}"
            found = [(each.format, each.start, each.end, each.value) for each in find_secrets(text)]
            start = len("first line\n") + len(before)
            assert found == [(token.id, start, start + len(value), value)], (before, after)


@pytest.mark.parametrize("token", FORMATS)
def test_an_exact_value_beside_its_name_is_certain(token: TokenFormat) -> None:
    before, after = clothes(token)[0]
    (found,) = find_secrets(f"{before}{sample(token.id)}{after}")
    expected = Confidence.MEDIUM if token.id == "openai-style" else Confidence.HIGH
    assert (found.confidence, found.severity, found.env) == (expected, token.severity, token.env)


@pytest.mark.parametrize("token", FORMATS)
def test_a_part_of_a_value_is_none(token: TokenFormat) -> None:
    value = sample(token.id)
    before, after = clothes(token)[0]
    assert list(find_secrets(f"{before}{value[: min(len(value) // 5, 90)]}{after}")) == []


@pytest.mark.parametrize("token", [param for param in FORMATS if param.values[0].prefixes and param.values[0].before])
def test_a_value_in_the_middle_of_a_word_is_none(token: TokenFormat) -> None:
    before, after = clothes(token)[0]
    found = [each.format for each in find_secrets(f"{before}Xy7{sample(token.id)}{after}")]
    assert token.id not in found


@pytest.mark.parametrize("token", FORMATS)
def test_placeholders_of_the_shape_are_none(token: TokenFormat) -> None:
    if token.extent is not None or token.shape is not None:
        return  # they are told apart by their structure
    for filler in ("x", "X", "0", "a", "1234567890abcdef", "abcdefghijklmnopqrstuvwxyz"):
        body = token.body(sample(token.id))
        prefix = sample(token.id)[: -len(body)]
        value = prefix + (filler * len(body))[: len(body)]
        for before, after in clothes(token)[:3]:
            assert list(find_secrets(f"{before}{value}{after}")) == [], value


@pytest.mark.parametrize("token", [param for param in FORMATS if param.values[0].near])
def test_a_shape_that_says_nothing_needs_the_name(token: TokenFormat) -> None:
    value = sample(token.id)
    found = [each.format for each in find_secrets(f'digest = "{value}"\nother_api_key = "{value}"\n')]
    assert token.id not in found


@pytest.mark.parametrize(
    "name", ["hash", "sha256", "commit", "revision", "run_id", "cache_key", "version", "tokenizer"]
)
@pytest.mark.parametrize("token", [param for param in FORMATS if param.values[0].near and not param.values[0].prefixes])
def test_a_name_that_is_no_secret(token: TokenFormat, name: str) -> None:
    if token.id == "aws-presigned":
        return  # the name is the whole of it
    assert list(find_secrets(f'{token.near[0]}_{name} = "{sample(token.id)}"')) == []


def test_every_format_is_described() -> None:
    ids = [token.id for token in all_formats()]
    assert len(set(ids)) == len(ids)
    for token in all_formats():
        assert token.source.startswith("https://"), token.id
        assert token.kind, token.id
        assert compiled(token.pattern).groups == 0, token.id  # detect-secrets reports the groups, where there are any
        assert not token.loose or compiled(token.loose).groups == 0, token.id
        assert all(compiled(token.pattern).pattern for _ in token.prefixes), token.id
        assert format_of(token.id) is token


def test_the_first_search_knows_the_prefixes() -> None:
    ends = {prefix[-3:] for token in all_formats() if not token.swept for prefix in token.prefixes}
    assert ends - {"SK"} == ENDS_OF_PREFIXES


@pytest.mark.parametrize("token", FORMATS)
def test_samples_are_the_same_every_time_and_differ_by_number(token: TokenFormat) -> None:
    state = random.getstate()
    values = [sample.__wrapped__(token.id, number) for number in (0, 0, 1)]
    assert values[0] == values[1] != values[2]
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("huggingface", lambda value: value[:-2] + "79"),
        ("openai", lambda value: value[:-3]),
        ("anthropic", lambda value: value.replace("api03", "oat01")[:-4]),
        ("xai", lambda value: value + "Zq7"),
        ("perplexity", lambda value: value[:-5]),
        ("wandb", lambda value: value[:-2]),
        ("nvidia", lambda value: value + "q7"),
        ("runpod", lambda value: value[:-4]),
        ("github-fine-grained", lambda value: value + "q7"),
        ("tavily", lambda value: value[:-2]),
    ],
)
def test_lengths_that_changed_are_found_with_less_confidence(identifier: str, change) -> None:  # type: ignore[no-untyped-def]
    value = change(sample(identifier))
    found = [(each.format, each.value, each.confidence) for each in find_secrets(f'KEY = "{value}"')]
    assert found == [(identifier, value, Confidence.MEDIUM)]


@pytest.mark.parametrize("identifier", ["github", "npm"])
def test_wrong_check_digits_lower_the_confidence(identifier: str) -> None:
    value = sample(identifier)
    changed = value[:-1] + ("a" if value[-1] != "a" else "b")
    assert [each.confidence for each in find_secrets(f"TOKEN={value} {changed}")] == [Confidence.HIGH, Confidence.LOW]


def test_routable_gitlab_token() -> None:
    from mlwarden.secrets.checksums import gitlab_digits

    body = f"{sample('gitlab')}{sample('gitlab', 1)[6:]}.01.12"
    good, bad = body + gitlab_digits(body), body + gitlab_digits(body + "x")
    found = [(each.value, each.confidence) for each in find_secrets(f"A={good}\nB={bad}\n")]
    assert found == [(good, Confidence.HIGH), (bad, Confidence.LOW)]
