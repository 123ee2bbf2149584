from __future__ import annotations

import pytest

from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import find_secrets

KEY = sample("private-key")
BEGIN, *BODY, END = KEY.splitlines()


def spans(text: str) -> list[str]:
    return [text[each.start : each.end] for each in find_secrets(text)]


def test_a_key_in_a_file() -> None:
    assert spans(f"first\n{KEY}\nlast\n") == [KEY]


@pytest.mark.parametrize(
    "key",
    [
        "\\n".join([BEGIN, *BODY, END]),  # one line of JSON or Python
        "\r\n".join([BEGIN, *BODY, END]),
        "\n    ".join([BEGIN, *BODY, END]),  # indented in YAML
        '\\n"\n    "'.join([BEGIN, *BODY, END]),  # a literal for each line
        "\n".join([BEGIN, "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,9F2A", "", *BODY, END]),
        KEY.replace("RSA ", ""),
        KEY.replace("RSA ", "OPENSSH "),
        KEY.replace("RSA ", "ENCRYPTED "),
        KEY.replace("RSA ", "EC "),
    ],
)
def test_keys_in_other_clothes(key: str) -> None:
    assert spans(f'KEY = "{key}"\n') == [key]


def test_a_key_without_an_end() -> None:
    cut = "\n".join([BEGIN, *BODY[:8]])
    assert spans(f'KEY = """{cut}"""\n') == [cut]


@pytest.mark.parametrize(
    "text",
    [
        f'if "{BEGIN}" in text:\n    return True\n',
        f"{BEGIN}\n...\n{END}\n",
        f"{BEGIN}\n<your key>\n{END}\n",
        f"{BEGIN}\n{'A' * 64}\n{'A' * 64}\n{END}\n",
        f"{BEGIN}\nMIIEvQIBADANBg...\n{END}\n",
        "-----BEGIN PUBLIC KEY-----\n" + "\n".join(BODY) + "\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n" + "\n".join(BODY) + "\n-----END CERTIFICATE-----\n",
        f"The first line is {BEGIN} and it ends with {END} as everybody knows who has ever opened such a file before\n",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert spans(text) == []


def test_many_first_lines_take_little_time() -> None:
    assert spans(f"{BEGIN}\n" * 2000 + "\\n" * 50_000) == []
