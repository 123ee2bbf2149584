"""What the full search finds, the quick look lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.secrets.formats import all_formats, format_of
from mlwarden.secrets.quick_look import may_hold_secret
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import shapes
from mlwarden.secrets.urls import find_credentials

FORMATS = [each.id for each in all_formats()]
BEFORE = [' = "', "='", ": ", "=", "='Bearer ", "\\n", "%3D", "(", "`", "\t", "\n", "> \n  ", 'f("a", "b-']
AFTER = ['"', "'", "\n", " ", ")", "`.", ";", "", "&x=1", "\\r\\n", "</value>"]


@pytest.mark.parametrize("identifier", FORMATS)
@pytest.mark.parametrize("number", range(3))
def test_a_value_of_each_format_wherever_the_search_sees_it(identifier: str, number: int) -> None:
    value, token = sample(identifier, number), format_of(identifier)
    near = token.near[0] if token.near else "x"
    seen = 0
    for before in BEFORE:
        for after in AFTER:
            text = f"import os\n{near}_key{before}{value}{after}"
            if text.isascii() and shapes(text):
                seen += 1
                assert may_hold_secret(text.encode()), (before, after)
    assert seen


@given(
    st.lists(
        st.one_of(
            st.sampled_from(FORMATS).map(sample),
            st.sampled_from([*BEFORE, *AFTER, "://", "@", "user:", "host/", "AutoModelForCausalLM", "hf_", "sk-", "0"]),
            st.text(alphabet=st.characters(max_codepoint=127), max_size=8),
        ),
        max_size=12,
    ).map("".join)
)
def test_whatever_the_search_or_the_addresses_find(text: str) -> None:
    if text.isascii() and (shapes(text) or list(find_credentials(text))):
        assert may_hold_secret(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        'model = AutoModelForCausalLM.from_pretrained("x")\nNAME = "AutoModelForSequenceClassification"\n',
        "# https://www.apache.org/licenses/LICENSE-2.0\n@decorator\n",
        "self.encoder.layers.attention_output_projection(hidden_states_of_the_layer)\n",
        "# ---------------------------------------------------------------\n",
        "task-specific, disk-based, mask-language-modelling\n",
    ],
)
def test_ordinary_code_is_passed_over(text: str) -> None:
    assert not may_hold_secret(text.encode())
