"""Active content in saved outputs: scripts, event handlers, links and attributes that act, and who is known to write such."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlwarden.semantics.stems import any_of

# What common libraries leave in the outputs they draw. Each is a name that the library's own code holds.
_LIBRARY_PIECES = [
    "Plotly.newPlot",
    "Plotly.react",
    "Plotly.plot",
    "Plotly.addFrames",
    "PlotlyConfig",
    "plotly-graph-div",
    "data-root-id",
    "bk-notebook-logo",
    "HoloViews",
    "PyViz",
    "pn-loading",
    "vegaEmbed",
    "vega-embed",
    "altair-viz",
    "lets-plot",
    "LetsPlot",
    "google.colab.",
    "colab-df-",
    "googlecolab",
    "colab.research",
    "jupyter-widgets",
    "widget-view+json",
    "jupyter.widget",
    "mpl.figure",
    "mpl.get_websocket_type",
    "isInternetExplorer",
    "mpld3",
    "_anim_",
    "tensorboard-frame-",
    "tensorboard_loader",
    "treescope",
    "window.SHAP",
    "SHAP.ReactDom",
    "IML.ReactDom",
    "shap.initjs",
    "sk-top-container",
    "sk-estimator",
    "sk-parameters",
    "estimator-table",
    "MathJax.Hub",
    "MathJax.typeset",
    "window.MathJax",
    "evidently",
    "ydata-profiling",
    "ydata_profiling",
    "pandas-profiling",
    "pandas_profiling",
    "L.map(",
    "folium",
    "leaflet",
    "py3Dmol",
    "3Dmoljs",
    "nglview",
    "kepler.gl",
    "deck.gl",
    "pydeck",
    "echarts.init",
    "pyecharts",
    "highcharts",
    "hiplot",
    "pyLDAvis",
    "LDAvis",
    "bertviz",
    "drawNetwork",
    "vis.Network",
    "d3.select",
    "datatables",
    "DataTable(",
    "itables",
    "qgrid",
    "perspective-viewer",
    "great_tables",
    "lime.PredictProba",
    "lime.Explanation",
    "AttentionVis",
    "circuitsvis",
    "interpret-inline",
    "panel.models",
    "sweetviz",
    "pygwalker",
    "ipyvizzu",
    "k3d",
    "pythreejs",
    "x3dom",
    "mermaid.initialize",
    "mermaid.run",
    "jsmol",
    "code_show",
    "code_toggle",
    "facets-overview",
    "facets-dive",
]
_LIBRARIES = re.compile(rf"{any_of(_LIBRARY_PIECES)}|Bokeh\b|selectVizType_[a-z]|_tp_[a-z]+_(?:output|ind)")
_SAFE_HOSTS = re.compile(
    r"(?:[\w.-]+\.)?(?:jsdelivr\.net|cdnjs\.cloudflare\.com|unpkg\.com|plot\.ly|plotly\.com|d3js\.org|code\.jquery\.com"
    r"|ajax\.googleapis\.com|gstatic\.com|googletagmanager\.com|bokeh\.org|pydata\.org|mathjax\.org|holoviz\.org"
    r"|bootstrapcdn\.com|highcharts\.com|esm\.sh|skypack\.dev|jspm\.io|rawgit\.com"
    r"|youtube\.com|youtube-nocookie\.com|vimeo\.com|huggingface\.co|hf\.space|gradio\.live|gradio\.app|wandb\.ai|colab\.dev"
    r"|googleusercontent\.com|localhost|127\.0\.0\.1)",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]{0,4000})>", re.IGNORECASE)
# Data between script tags runs nothing.
_DATA_TYPE = re.compile(
    r"\btype\s*=\s*[\"']?(?:application/(?:ld\+|vnd\.[\w.+-]*)?json|text/(?:x-template|template|markdown|x-mathjax-config|plain)|math/)",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\bsrc\s*=\s*[\"']?(?P<url>[^\"'\s>]+)", re.IGNORECASE)
_HANDLER = re.compile(
    r"<[a-zA-Z][\w-]*(?=\s)[^<>]{0,4000}?\s(?P<name>on(?:abort|animation\w+|begin|blur|change|click|dblclick|drag\w*|drop|end"
    r"|error|focus\w*|hashchange|input|key\w+|load\w*|message|mouse\w+|pageshow|paste|pointer\w+|repeat|resize|scroll|select"
    r"|submit|toggle|touch\w+|transition\w+|unload|wheel))\s*=",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"<[a-zA-Z][^<>]{0,4000}?\s(?:href|src|action|formaction|data)\s*=\s*[\"']?\s*(?P<scheme>javascript|vbscript)\s*:(?!\s*void|;)",
    re.IGNORECASE,
)
_COMMAND_LINKER = re.compile(r"\bdata-commandlinker-command\b", re.IGNORECASE)
_FRAME = re.compile(r"<(?:iframe|embed|object)\b[^>]{0,4000}>", re.IGNORECASE)
_URL_HOST = re.compile(r"(?P<scheme>https?:)?//(?:[^/@\s]*@)?(?P<host>[^/:?#\s\"'>]+)", re.IGNORECASE)
# What code in an output needs to reach further than its own picture.
_REACHING = re.compile(
    r"""
    (?P<kernel>\b(?:Jupyter|IPython)\.notebook\.(?:kernel\.execute|execute_\w+|insert_cell\w*)\s*\(|\bkernel\.execute\s*\(
      |\brequestExecute\b|\.execute_request\b)
    |(?P<server>["'`/]api/(?:terminals|kernels|contents|sessions)\b|["'`]/?terminals/websocket)
    |(?P<cookie>\bdocument\.cookie\b|\b_xsrf\b)
    |(?P<hidden>\b(?:eval|Function)\s*\(\s*(?:window\.)?(?:atob|unescape|decodeURIComponent|String\.fromCharCode)\b)
    |(?P<shell>\bgoogle\.colab\.kernel\.invokeFunction\s*\(\s*["'](?:notebook\.)?(?:execute|run|shell)|\bcolab\.global\.notebook\.)
    """,
    re.VERBOSE,
)
# One of these stands in all that `_REACHING` finds.
_REACHING_PIECES = (
    "kernel",
    "notebook.",
    "request",
    "api/",
    "terminals/",
    "document.cookie",
    "_xsrf",
    "eval",
    "Function",
)
_REACHES = {
    "kernel": "runs code in the kernel",
    "server": "talks to the Jupyter server",
    "cookie": "reads the page's cookies",
    "hidden": "runs code that it hides in a string",
    "shell": "runs code in the kernel",
}
# Bundles of whole libraries mention cookies and hide nothing; what somebody wrote by hand is short.
MAX_HAND_WRITTEN = 200_000


class Kind(enum.IntEnum):
    """How far active content reaches, the worst last."""

    SCRIPT = 1
    FOREIGN = 2
    REACHING = 3


@dataclass(frozen=True, slots=True)
class Active:
    """A piece of active content.

    Attributes:
        kind: SCRIPT: code that stays in its output as far as it can be told; FOREIGN: code that a server sends when
            the notebook is opened; REACHING: code that uses the kernel, the server or the page.
        what: a phrase that goes on from "this output ".
        start, end: where it stands in the output's text.
    """

    kind: Kind
    what: str
    start: int
    end: int


def active_parts(mime: str, text: str) -> Iterator[Active]:
    """The active content in an output, library drawings left out.

    Args:
        mime: the output's format; only HTML, JavaScript and Markdown hold any.
        text: the output's text.
    """
    if mime in ("text/html", "text/markdown"):
        yield from _of_html(text)
    elif mime in ("application/javascript", "text/javascript"):
        yield from _of_script(text)


def _of_script(text: str) -> Iterator[Active]:
    yield from _reaching(text)
    if not _LIBRARIES.search(text):
        yield Active(Kind.SCRIPT, "runs JavaScript", 0, min(len(text), 200))


def _reaching(text: str) -> Iterator[Active]:
    if len(text) > MAX_HAND_WRITTEN:
        return
    if not any(piece in text for piece in _REACHING_PIECES):
        return
    drawn: bool | None = None
    for match in _REACHING.finditer(text):
        group = match.lastgroup or ""
        if drawn is None:
            drawn = _LIBRARIES.search(text) is not None
        # The canvas of matplotlib and the tables of Colab ask the kernel for their own next state.
        if not drawn or group in ("server", "hidden"):
            yield Active(Kind.REACHING, _REACHES[group], match.start(), match.end())
            return


def _of_html(text: str) -> Iterator[Active]:
    if "<" not in text:
        return
    lower = _lower(text)
    linker = _COMMAND_LINKER.search(text) if "data-commandlinker-command" in lower else None
    if linker is not None:
        yield Active(Kind.REACHING, "runs a command of JupyterLab when it is clicked", linker.start(), linker.end())
    found = _SCRIPT.finditer(text) if "<script" in lower else ()
    scripts = [match for match in found if not _DATA_TYPE.search(match["attributes"])]
    handler = _HANDLER.search(text)
    link = _LINK.search(text) if "javascript" in lower or "vbscript" in lower else None
    if scripts or handler:
        yield from _reaching(text)
    for match in scripts:
        yield from _foreign(match, match["attributes"], "loads a script from")
    for match in _FRAME.finditer(text):
        yield from _frame(match)
    if not (scripts or handler or link) or _LIBRARIES.search(text):
        return
    if scripts:
        yield Active(Kind.SCRIPT, "runs JavaScript", scripts[0].start(), scripts[0].end())
    elif handler:
        what = f"runs JavaScript by `{handler['name'].lower()}`"
        yield Active(Kind.SCRIPT, what, handler.start("name"), handler.end("name"))
    elif link:
        what = f"holds a `{link['scheme'].lower()}:` link"
        yield Active(Kind.SCRIPT, what, link.start("scheme"), link.end("scheme"))


def _lower(text: str) -> str:
    """A text in small letters, as patterns without regard to case read it: they take a few foreign letters for ours."""
    lower = text.lower()
    return lower if lower.isascii() else lower.replace("\u017f", "s").replace("\u0131", "i")


def _foreign(match: re.Match[str], attributes: str, doing: str) -> Iterator[Active]:
    source = _SOURCE.search(attributes)
    address = _URL_HOST.match(source["url"]) if source else None
    if address is None:
        return
    host = address["host"].lower()
    plain = (address["scheme"] or "").lower() == "http:"
    if not _SAFE_HOSTS.fullmatch(host):
        yield Active(Kind.FOREIGN, f"{doing} {host}", match.start(), match.end())
    elif plain and host not in ("localhost", "127.0.0.1"):
        yield Active(Kind.FOREIGN, f"{doing} {host} without encryption", match.start(), match.end())


def _frame(match: re.Match[str]) -> Iterator[Active]:
    """Frames of other origins cannot reach the notebook; `data:` and `javascript:` frames hold code of their own."""
    source = re.search(r"\b(?:src|data)\s*=\s*[\"']?\s*(?:javascript:|data:text/html)", match[0], re.IGNORECASE)
    if source is not None and not _LIBRARIES.search(match[0]):
        yield Active(Kind.SCRIPT, "holds a page in a frame", match.start(), match.end())


__all__ = ["MAX_HAND_WRITTEN", "Active", "Kind", "active_parts"]
