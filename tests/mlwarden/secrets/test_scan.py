from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwarden.model.levels import Confidence
from mlwarden.secrets.formats import all_formats
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import Context, find_secrets, shapes

HF, OPENAI, GITHUB, AWS = sample("huggingface"), sample("openai"), sample("github"), sample("aws-key-id")
HEX40 = sample("wandb-legacy")


def found_in(text: str, context: Context | None = None) -> list[tuple[str, str]]:
    return [(each.format, each.value) for each in find_secrets(text, context=context or Context())]


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {HF}",
        f"Authorization: Bearer {HF}\\r\\n",
        f"print('token:\\n{HF}\\n')",
        f"https://hub/?token={HF}&x=1",
        f"token%3D{HF}",
        f'"\\u0022{HF}"',
        f"\x1b[31m{HF}\x1b[0m",
        f"({HF})",
        f"[{HF},",
        f"`{HF}`.",
        f"KEY={HF};",
        f"é {HF} ü",
        f"{HF}",
    ],
)
def test_what_may_stand_around_a_token(text: str) -> None:
    assert found_in(text) == [("huggingface", HF)]


@pytest.mark.parametrize("text", [f"x{HF}", f"a_{HF}", f"{HF}_x", f"my{HF}", f"{HF}{HF}"])
def test_parts_of_longer_words(text: str) -> None:
    assert found_in(text) == []


def test_several_secrets_come_in_order() -> None:
    text = f"A={GITHUB}\nB={HF} C={OPENAI}\nD={AWS}\nE={HF}\n"
    expected = [("github", GITHUB), ("huggingface", HF), ("openai", OPENAI), ("aws-key-id", AWS), ("huggingface", HF)]
    assert found_in(text) == expected


def test_a_token_in_a_url_is_a_token_first() -> None:
    assert found_in(f"git clone https://x-access-token:{GITHUB}@github.com/acme/x") == [("github", GITHUB)]


def test_the_more_specific_format_wins() -> None:
    key = sample("deepseek")
    assert found_in(f'DEEPSEEK_API_KEY = "{key}"') == [("deepseek", key)]
    assert found_in(f'OTHER_API_KEY = "{key}"') == [("openai-style", key)]


def test_the_provider_may_stand_above_or_in_the_name_of_the_file() -> None:
    above = list(find_secrets(f"wandb:\n  project: heads\n  api_key: {HEX40}\n"))
    assert [(each.format, each.confidence) for each in above] == [("wandb-legacy", Confidence.MEDIUM)]
    kaggle = sample("kaggle-legacy")
    text = f'{{"username": "acme", "key": "{kaggle}"}}'
    assert found_in(text) == []
    assert found_in(text, Context(path="/home/me/.kaggle/kaggle.json")) == [("kaggle-legacy", kaggle)]
    assert found_in(f"x={HEX40}", Context(name="WANDB_API_KEY")) == [("wandb-legacy", HEX40)]


@pytest.mark.parametrize(
    "text",
    [
        f'wandb_run_id = "{HEX40}"',
        f"wandb @ git+https://github.com/wandb/wandb@{HEX40}",
        f'"wandb": {{"commit": "{HEX40}"}}',
        f"# see https://wandb.ai/acme/heads/runs/{HEX40}",
        f'checksum = "{HEX40}"  # wandb key file',
        f'multimodal_key = "as-{"Zq7" * 7}x"',
        'tokens = ["Ġthe", "Ġof", "hf_", "sk-", "AKIA", "eyJ"]',
        'image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHx"',
        "torch==2.6.0 --hash=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "mlflow_experiment = 'TransformerEncoderLayerConfiguration2024WithAttentionMask'",
    ],
)
def test_what_only_looks_like_a_secret(text: str) -> None:
    assert found_in(text) == []


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_any_text(text: str) -> None:
    last = 0
    for found in find_secrets(text):
        assert last <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.value
        last = found.end


@settings(max_examples=60)
@given(
    st.sampled_from([token.id for token in all_formats() if not token.near and token.prefixes and token.before]),
    st.integers(0, 5),
    st.text(alphabet=" \n\t\"'()=,;é漢", max_size=60),
    st.text(alphabet=" \n\t\"'(),;é漢", max_size=60),
)
def test_a_token_between_marks_is_found(identifier: str, number: int, before: str, after: str) -> None:
    value = sample(identifier, number)
    text = f"{before} {value}\n{after}"
    assert [each.value for each in find_secrets(text) if each.start == len(before) + 1] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "A" * 1_000_000,
        "-" * 300_000,
        '"' + "0123456789abcdef" * 60_000 + '"',
        "sk-" * 100_000,
        "hf_a" * 100_000,
        "eyJ" * 100_000,
        "://" * 100_000,
        "https://" + ":" * 200_000 + "@",
        "key=" * 100_000,
        "=AAAAAAAAAAAAAAAAAAAA1" * 20_000,
        "\\n" * 300_000,
        ("a.b." * 50_000) + "@",
    ],
)
def test_hostile_texts_end(text: str) -> None:
    assert shapes(text) == []


def test_detect_secrets_is_imported_for_shapes_only_and_keeps_its_settings() -> None:
    """In a fresh interpreter: nothing of it for a clean text; afterwards its global settings are as they were."""
    code = f"""
    import logging, socket, sys

    def refuse(*arguments):
        raise AssertionError("a connection was opened")

    socket.socket.connect = refuse
    from mlwarden.secrets.scan import find_secrets

    clean = 'TOKEN = os.environ["HF_TOKEN"]  # sk-... AKIA... https://user:password@localhost ' + "x" * 40
    assert list(find_secrets(clean)) == []
    assert not [name for name in sys.modules if name.startswith(("detect_secrets", "requests"))]

    records = []
    logging.getLogger().addHandler(type("H", (logging.Handler,), {{"emit": lambda s, r: records.append(r)}})())
    logging.getLogger().setLevel(0)
    assert len(list(find_secrets('A = {HF}'))) == 1
    assert "detect_secrets" in sys.modules
    from detect_secrets.settings import get_settings

    assert get_settings().json() == type(get_settings())().json()
    assert records == [], records
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
