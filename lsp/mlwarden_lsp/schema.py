"""The JSON schema of an editor's settings. What a configuration file knows too is described by that file's own schema.

Editors write keys in camel case where configuration files write them in kebab case: `extendSelect`, `extend-select`.
"""

from __future__ import annotations

from mlwarden.config.schema import Schema, config_schema
from mlwarden.model.levels import Severity

# Keys of the configuration file that an editor can set; there they come before the file's.
SHARED = ("select", "extend-select", "ignore", "severities", "severity", "confidence")

RUN = ("onType", "onSave")
MODE = ("push", "pull")
WORKSPACE_SCAN = ("onCommand", "onStart")
EDITOR_LEVELS = ("error", "warning", "information", "hint")


def settings_schema() -> Schema:
    """The schema of the settings that `mlwarden server` takes, with descriptions and defaults."""
    config = config_schema()["properties"]
    shared = {camel(key): {name: part for name, part in config[key].items() if name != "default"} for key in SHARED}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlwarden settings of an editor",
        "type": "object",
        "properties": {**shared, **_own()},
        "additionalProperties": False,
    }


def camel(key: str) -> str:
    """A key as editors write it."""
    first, *others = key.split("-")
    return first + "".join(other.capitalize() for other in others)


def _own() -> Schema:
    levels = [str(level) for level in reversed(Severity)]
    return {
        "enable": {"description": "Whether files are checked.", "type": "boolean", "default": True},
        "run": {"description": "When open documents are checked.", "enum": list(RUN), "default": RUN[0]},
        "severityMap": {
            "description": "How findings of each severity are shown.",
            "type": "object",
            "properties": {level: {"enum": list(EDITOR_LEVELS)} for level in levels},
            "additionalProperties": False,
            "default": {},
        },
        "configuration": {
            "description": "One configuration file to use instead of the nearest above each file; a relative path "
            "counts from the workspace folder.",
            "type": "string",
            "default": "",
        },
        "workspaceScan": {
            "description": "When the files of the workspace that are not open are checked.",
            "enum": list(WORKSPACE_SCAN),
            "default": WORKSPACE_SCAN[0],
        },
        "suppressionReason": {
            "description": "The reason that is written into comments which suppress a finding.",
            "type": "string",
            "default": "",
        },
        "diagnosticMode": {
            "description": "Whether the server pushes diagnostics or clients that can do so pull them. "
            "Read when the server starts.",
            "enum": list(MODE),
            "default": MODE[0],
        },
    }
