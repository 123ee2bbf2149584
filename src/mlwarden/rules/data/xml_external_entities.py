"""MLW604: XML that is parsed with external entities, or without a limit on entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.origins import OriginKind, origin_of, trace_of
from mlwarden.semantics.turning_points import (
    LANGCHAIN_EVERNOTE_FIXED,
    LANGCHAIN_XML_OUTPUT_FIXED,
    LXML_NO_EXTERNAL_ENTITIES,
    LXML_NO_EXTERNAL_ENTITIES_ANYWHERE,
    TurningPoint,
)

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Parsers of lxml, and the release from which on they leave external entities alone.
_PARSERS = {
    "lxml.etree.XMLParser": LXML_NO_EXTERNAL_ENTITIES,
    "lxml.etree.XMLPullParser": LXML_NO_EXTERNAL_ENTITIES,
    "lxml.etree.ETCompatXMLParser": LXML_NO_EXTERNAL_ENTITIES_ANYWHERE,
    "lxml.etree.iterparse": LXML_NO_EXTERNAL_ENTITIES_ANYWHERE,
}
# Functions that make a parser of lxml of their own: (keyword, position) of the XML, and of the parser.
_LXML = {
    "lxml.etree.parse": (("source", 0), ("parser", 1)),
    "lxml.etree.fromstring": (("text", 0), ("parser", 1)),
    "lxml.etree.XML": (("text", 0), ("parser", 1)),
    "lxml.objectify.parse": (("f", 0), ("parser", 1)),
    "lxml.objectify.fromstring": (("xml", 0), ("parser", 1)),
    "pandas.read_xml": (("path_or_buffer", 0), ("parser", 12)),
}
# The standard library's: they resolve nothing external, and expat limits entities from 2.4.1 on.
_STANDARD = {
    **{
        f"xml.etree.{module}.{name}": place
        for module in ("ElementTree", "cElementTree")
        for name, place in (
            ("parse", ("source", 0)),
            ("iterparse", ("source", 0)),
            ("fromstring", ("text", 0)),
            ("XML", ("text", 0)),
        )
    },
    "xml.dom.minidom.parse": ("file", 0),
    "xml.dom.minidom.parseString": ("string", 0),
    "xml.dom.pulldom.parse": ("stream_or_string", 0),
    "xml.dom.pulldom.parseString": ("string", 0),
    "xml.dom.expatbuilder.parse": ("file", 0),
    "xml.dom.expatbuilder.parseString": ("string", 0),
    "xml.sax.parse": ("source", 0),
    "xml.sax.parseString": ("string", 0),
    "xmltodict.parse": ("xml_input", 0),
}
_EVERNOTE = (
    "langchain_community.document_loaders.EverNoteLoader",
    "langchain_community.document_loaders.evernote.EverNoteLoader",
    "langchain.document_loaders.EverNoteLoader",
)
_XML_OUTPUT = (
    "langchain_core.output_parsers.XMLOutputParser",
    "langchain_core.output_parsers.xml.XMLOutputParser",
    "langchain.output_parsers.XMLOutputParser",
)
_EXTERNAL = ("xml.sax.handler.feature_external_ges", "xml.sax.handler.feature_external_pes")
_OUTCOME = "a document can name files and addresses that are then read into it"


class XmlExternalEntities(Rule):
    """XML that is parsed with external entities, or without a limit on entities.

    ## Why is this bad?

    An XML document may define entities: names for text, or for files and addresses whose content is put in their place. With
    external entities switched on, a document that comes from outside reads files of the server, and sends requests into
    its network. Entities that are made of entities, ten of ten of ten, fill the memory.

    ## How to fix

    Leave `resolve_entities` of lxml as it is from release 5.0 on, or set it to `False`. Parse what comes from outside with
    `defusedxml`.

    ## When it is fine

    With documents of your own that use entities on purpose.

    ## Limits

    The rule is off by default: current releases of lxml and Python are safe unless they are told otherwise. HTML parsers
    know no external entities and are not looked at.

    ## Fix safety

    The fix is unsafe: documents that define entities of their own are read without them.
    """

    code = "MLW604"
    name = "xml-external-entities"
    severity = Severity.MEDIUM
    default = False
    calls = (*_PARSERS, *_LXML, *_STANDARD, *_EVERNOTE, *_XML_OUTPUT, "*.setFeature")
    cwe = (611, 776)
    owasp_llm = ("LLM04",)
    atlas = ("AML.T0010.002",)
    references = (
        Reference("lxml: changes in 5.0", "https://github.com/lxml/lxml/blob/master/CHANGES.txt"),
        Reference("Python: XML vulnerabilities", "https://docs.python.org/3/library/xml.html#xml-security"),
        Reference("CVE-2025-6984: LangChain, EverNoteLoader", "https://nvd.nist.gov/vuln/detail/CVE-2025-6984"),
        Reference("CVE-2024-1455: LangChain, XMLOutputParser", "https://nvd.nist.gov/vuln/detail/CVE-2024-1455"),
    )
    examples = (
        Bad(
            """
            from lxml import etree

            parser = etree.XMLParser(resolve_entities=True, remove_comments=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            tree = etree.parse("annotations.xml", parser)
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`XMLParser` resolves external entities: a document can name files and addresses that are then read into it",
            fixed="""
            from lxml import etree

            parser = etree.XMLParser(resolve_entities=False, remove_comments=True)
            tree = etree.parse("annotations.xml", parser)
            """,
        ),
        Bad(
            """
            import requests
            from lxml import etree

            tree = etree.fromstring(requests.get("https://data.example.org/feed.xml", timeout=9).content)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"lxml": "<5"},
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from lxml import etree

            for event, element in etree.iterparse("annotations.xml", events=("end",)):
                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                print(element.tag)
            """,
            versions={"lxml": "==5.3.0"},
            fixed="""
            from lxml import etree

            for event, element in etree.iterparse("annotations.xml", events=("end",), resolve_entities=False):
                print(element.tag)
            """,
        ),
        Bad(
            """
            import xml.etree.ElementTree as ET
            from flask import Flask, request

            app = Flask(__name__)

            @app.post("/annotations")
            def upload():
                return ET.fromstring(request.get_data()).tag
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            message="`fromstring` reads XML from a web request: with an old expat, entities made of entities fill the memory",
        ),
        Bad(
            """
            import xml.sax
            from xml.sax.handler import feature_external_ges

            reader = xml.sax.make_parser()
            reader.setFeature(feature_external_ges, True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from langchain_community.document_loaders import EverNoteLoader

            documents = EverNoteLoader("notes.enex").load()
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-community": "==0.3.20"},
            message="`EverNoteLoader` resolves external entities: a document can name files and addresses that are then read "
            "into it",
        ),
        Bad(
            """
            from langchain_core.output_parsers import XMLOutputParser

            parser = XMLOutputParser(parser="xml")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            from lxml import etree

            safe = etree.XMLParser(resolve_entities=False, no_network=True)
            inner = etree.XMLParser(resolve_entities="internal")
            usual = etree.XMLParser(recover=True)
            tree = etree.fromstring(text)
            """,
            because="external entities are left alone",
        ),
        Good(
            """
            import requests
            from lxml import etree
            from defusedxml import ElementTree as ET

            content = requests.get("https://data.example.org/feed.xml", timeout=9).content
            tree = ET.fromstring(content)
            other = etree.fromstring(content)
            """,
            because="defusedxml refuses entities, and lxml 5 resolves none outside the document",
            versions={"lxml": ">=5"},
        ),
        Good(
            """
            import xml.etree.ElementTree as ET

            tree = ET.parse("annotations/0001.xml")
            """,
            because="the file is the program's own",
        ),
        Good(
            """
            import xml.sax
            from xml.sax.handler import feature_external_ges
            from langchain_community.document_loaders import EverNoteLoader

            reader = xml.sax.make_parser()
            reader.setFeature(feature_external_ges, False)
            documents = EverNoteLoader("notes.enex").load()
            """,
            because="the feature is off, and the loader is mended",
            versions={"langchain-community": ">=0.3.27"},
        ),
        Missed(
            """
            from lxml import etree

            def parse(path, options):
                return etree.parse(path, etree.XMLParser(**options))
            """,
            because="which options are given is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report parsers that resolve external entities, and XML from outside for parsers without limits."""
        if call.name in _PARSERS:
            yield from self._parser(call, model)
        elif call.name in _LXML:
            yield from self._lxml(call, model)
        elif call.name in _STANDARD:
            yield from self._standard(call)
        elif call.name in _EVERNOTE:
            if LANGCHAIN_EVERNOTE_FIXED.ahead(model):
                yield self._resolves(call, Confidence.HIGH)
        elif call.name in _XML_OUTPUT:
            if call.argument("parser").may_be("xml") or LANGCHAIN_XML_OUTPUT_FIXED.ahead(model):
                yield self.finding(
                    call.span,
                    f"`{call.attribute}` reads a model's XML without defusedxml: entities made of entities fill the memory",
                    severity=Severity.LOW,
                    trace=call.context,
                )
        elif any(name in _EXTERNAL for name in call.argument("name", 0).names()):
            if call.argument("value", 1).may_be_true():
                yield self._resolves(call, Confidence.HIGH)

    def _parser(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        given = call.argument("resolve_entities")
        if _is_on(given):
            yield self._resolves(call, Confidence.MEDIUM if given.is_unknown else Confidence.HIGH, fix=True)
        elif given.is_absent and not call.argument("html").may_be(True):
            if _PARSERS[call.name].ahead(model):
                yield self._resolves(call, Confidence.HIGH, fix=True)

    def _lxml(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        (keyword, position), (parser, place) = _LXML[call.name]
        given = call.argument(parser, place)
        if not (given.is_absent or given.may_be(None) or given.may_be("lxml")):
            return
        origin = origin_of(call.argument(keyword, position))
        fixed: TurningPoint = LXML_NO_EXTERNAL_ENTITIES
        if origin.kind is not OriginKind.REMOTE or fixed.passed(model):
            return
        known = fixed.ahead(model)
        yield self.finding(
            call.span,
            f"`{call.attribute}` reads XML from outside, and lxml before 5.0 resolves external entities: {_OUTCOME}",
            severity=Severity.MEDIUM if known else Severity.LOW,
            confidence=Confidence.MEDIUM if known else Confidence.LOW,
            trace=trace_of(call, origin),
        )

    def _standard(self, call: CallSite) -> Iterator[Finding]:
        origin = origin_of(call.argument(*_STANDARD[call.name]))
        if origin.kind is OriginKind.REMOTE:
            yield self.finding(
                call.span,
                f"`{call.attribute}` reads XML from {_source(origin.phrase)}: with an old expat, entities made of entities fill "
                "the memory",
                severity=Severity.LOW,
                confidence=Confidence.MEDIUM,
                trace=trace_of(call, origin),
            )

    def _resolves(self, call: CallSite, confidence: Confidence, *, fix: bool = False) -> Finding:
        edit = call.set_argument("resolve_entities", "False") if fix else None
        fixes: tuple[Fix, ...] = ()
        if edit is not None:
            fixes = (
                Fix(
                    "Resolve no entities",
                    (edit,),
                    Applicability.UNSAFE,
                    "documents that define entities of their own are read without them",
                ),
            )
        return self.finding(
            call.span,
            f"`{call.attribute}` resolves external entities: {_OUTCOME}",
            confidence=confidence,
            trace=call.context,
            fixes=fixes,
        )


def _is_on(value: Value) -> bool:
    """Whether a switch is, or may be, on; lxml's "internal" is not."""
    return any(constant and constant != "internal" for constant in value.constants())


def _source(phrase: str) -> str:
    return phrase.removeprefix("data from ").removeprefix("the output of ")
