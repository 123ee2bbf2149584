from __future__ import annotations

import pytest
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector

from mlwarden.secrets.detectors import confirms, detector
from mlwarden.secrets.formats import TokenFormat, all_formats, format_of
from mlwarden.secrets.samples import sample

FORMATS = [pytest.param(token, id=token.id) for token in all_formats()]


@pytest.mark.parametrize("token", FORMATS)
def test_every_format_is_a_plugin_of_detect_secrets(token: TokenFormat) -> None:
    plugin = detector(token)
    assert isinstance(plugin, RegexBasedDetector)
    assert plugin.secret_type == token.kind
    value = sample(token.id)
    found = [each for each in plugin.analyze_string(f'x = "{value}"') if len(each) > 3 and each in value]
    assert found, token.id
    assert list(plugin.analyze_string("nothing of interest")) == []


def test_their_own_plugins_are_the_base_where_there_is_one() -> None:
    theirs = {token.plugin for token in all_formats() if token.plugin}
    for token in all_formats():
        if token.plugin:
            (_, base, *_) = type(detector(token)).__mro__
            assert base.__module__ == f"detect_secrets.plugins.{token.plugin.split(':')[0]}"
            assert issubclass(base, BasePlugin)
    assert len(theirs) >= 10


def test_their_filters_have_a_say() -> None:
    token = format_of("huggingface")
    value = sample("huggingface")
    assert confirms(token, f"a {value} b", 2, 2 + len(value))
    assert not confirms(token, "a 0123456789 b", 2, 12)
