"""Which commands and variables switch the verification of certificates off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.shell_lines import parse_commands
from mlwarden.notebooks.shell_tls import VARIABLES, TlsSwitch, tls_switch_of, trusted_host_of


def switches(text: str) -> list[str]:
    """What is shown for each command of a text that switches verification off."""
    return [switch.shown for command in parse_commands(text) if (switch := tls_switch_of(command)) is not None]


def mended(text: str) -> str:
    """The text after the edit of its first switch."""
    switch = next(switch for command in parse_commands(text) if (switch := tls_switch_of(command)) is not None)
    assert switch.edit is not None
    span, replacement = switch.edit
    return text[: span.start] + replacement + text[span.end :]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("curl -k https://example.org/a", "curl -k"),
        ("sudo curl -sSLk https://example.org/a", "curl -k"),
        ("/usr/bin/curl -o a -k https://example.org/a", "curl -k"),
        ("curl --insecure https://example.org/a", "curl --insecure"),
        ("curl --insec https://example.org/a", "curl --insec"),
        ("curl --proxy-insecure https://example.org/a", "curl --proxy-insecure"),
        ("echo $(curl -k https://example.org/a)", "curl -k"),
        ("wget --no-check-certificate https://example.org/a", "wget --no-check-certificate"),
        ("wget --no-check-cert https://example.org/a", "wget --no-check-cert"),
        ("wget -e check_certificate=off https://example.org/a", "wget -e check_certificate=off"),
        ("aria2c --check-certificate=false https://example.org/a", "aria2c --check-certificate=false"),
        ("http --verify no https://example.org/a", "http --verify=no"),
        ("gdown --no-check-certificate 1a2b", "gdown --no-check-certificate"),
        ("aws --no-verify-ssl s3 cp s3://models/a .", "aws --no-verify-ssl"),
        ("git -c http.sslVerify=false clone https://example.org/a", "git -c http.sslVerify=false"),
        ("git clone -c http.sslverify=0 https://example.org/a", "git -c http.sslverify=0"),
        ("git clone --config=http.sslVerify=no https://example.org/a", "git --config=http.sslVerify=false"),
        ("git config --global http.sslVerify false", "git config http.sslVerify false"),
        (
            'git config --global "http.https://example.org/.sslVerify" off',
            "git config http.https://example.org/.sslVerify off",
        ),
        ("npm config set strict-ssl false", "npm config set strict-ssl false"),
        ("npm set strict-ssl=false", "npm config set strict-ssl=false"),
        ("yarn config set enableStrictSsl false", "yarn config set enableStrictSsl false"),
        ("npm install --strict-ssl=false left-pad", "npm --strict-ssl=false"),
        ("conda config --set ssl_verify no", "conda config --set ssl_verify no"),
        ("conda install -y --insecure numpy", "conda --insecure"),
        ("export PYTHONHTTPSVERIFY=0", "PYTHONHTTPSVERIFY"),
        ("GIT_SSL_NO_VERIFY=false git clone https://example.org/a", "GIT_SSL_NO_VERIFY"),
        ("env NODE_TLS_REJECT_UNAUTHORIZED=0 node a.js", "NODE_TLS_REJECT_UNAUTHORIZED"),
        ('CURL_CA_BUNDLE="" python train.py', "CURL_CA_BUNDLE"),
        ("iwr https://example.org/a -SkipCertificateCheck", "iwr -SkipCertificateCheck"),
    ],
)
def test_verification_is_off(text: str, shown: str) -> None:
    assert switches(text) == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "curl -okay https://example.org/a",
        "curl -o -k https://example.org/a",
        "curl -H -k https://example.org/a",
        "curl -fsSL https://example.org/k",
        "curl -k https://localhost:8080/health",
        "curl -k https://user:word@127.0.0.1/health",
        "curl --insecure-looking https://example.org/a",
        "wget -nc https://example.org/no-check-certificate",
        "wget --no-clobber https://example.org/a",
        "echo curl -k",
        "# curl -k https://example.org/a",
        "grep -k a b",
        "git config http.sslVerify true",
        "git config http.sslVerify",
        "git -c http.sslVerify clone https://example.org/a",
        "git commit -m 'http.sslVerify false'",
        "npm config get strict-ssl",
        "npm config set strict-ssl true",
        "conda config --set ssl_verify /etc/ca.pem",
        "conda run python a.py -k",
        "export PYTHONHTTPSVERIFY=1 CURL_CA_BUNDLE=/etc/ca.pem",
        "PYTHONHTTPSVERIFY=0",
        "http --verify yes https://example.org/a",
        "pip install --trusted-host example.org a",
    ],
)
def test_verification_is_on(text: str) -> None:
    assert switches(text) == []


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("curl -k https://example.org/a", "curl https://example.org/a"),
        ("curl https://example.org/a -sk", "curl https://example.org/a -s"),
        ("wget \\\n  --no-check-certificate \\\n  https://example.org/a", "wget \\\n  https://example.org/a"),
        ("git -c http.sslVerify=false pull", "git -c http.sslVerify=true pull"),
        ("git config http.sslVerify false", "git config http.sslVerify true"),
        ("conda config --set ssl_verify no", "conda config --set ssl_verify true"),
        ("http --verify=no https://example.org/a", "http --verify=yes https://example.org/a"),
    ],
)
def test_the_edit_turns_it_on(text: str, after: str) -> None:
    assert mended(text) == after
    assert switches(after) == []


def test_quoted_words_are_not_rewritten() -> None:
    (command,) = parse_commands("git config http.sslVerify 'false'")
    assert tls_switch_of(command) == TlsSwitch("git config http.sslVerify false")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("pip install --trusted-host example.org a", "--trusted-host"),
        ("python3 -m pip install --trusted-host=example.org a", "--trusted-host=example.org"),
        ("uv pip install --allow-insecure-host example.org a", "--allow-insecure-host"),
        ("pip config set global.trusted-host example.org", "global.trusted-host"),
        ("pip install a", None),
        ("echo --trusted-host", None),
        ("python -m", None),
    ],
)
def test_trusted_hosts(text: str, option: str | None) -> None:
    (command,) = parse_commands(text)
    word = trusted_host_of(command)
    assert (None if word is None else word.text) == option


@given(st.text(alphabet="curlgitwgenpms -=kno'\"\\\n${}()|&;<>#", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    for command in parse_commands(text):
        tls_switch_of(command)
        trusted_host_of(command)


@given(st.sampled_from(sorted(VARIABLES)), st.text(alphabet="truefals01onyes/.", max_size=5))
def test_a_variable_is_judged_as_in_python(name: str, value: str) -> None:
    assert switches(f"export {name}={value}") == ([name] if VARIABLES[name](value) else [])
