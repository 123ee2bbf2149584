"""Taint sources, propagators and neutral calls, as data.

The kinds: "llm" (model output), "tool" (arguments a model chose), "retrieval" (retrieved documents), "network"
(downloaded data), "request" (a web request), "input" (a person's input), "cli" (command line), "environment",
"secret".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mlwarden.semantics import llm_calls


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of taint and the sentence that introduces it in a trace."""

    kind: str
    note: str


_EXACT: dict[str, Source] = {
    "input": Source("input", "a person types it into `input()`"),
    "raw_input": Source("input", "a person types it into `raw_input()`"),
    "sys.stdin.read": Source("input", "read from standard input"),
    "sys.stdin.readline": Source("input", "read from standard input"),
    "getpass.getpass": Source("secret", "a secret typed into `getpass()`"),
    "google.colab.userdata.get": Source("secret", "a Colab secret"),
    "kaggle_secrets.UserSecretsClient().get_secret": Source("secret", "a Kaggle secret"),
    "argparse.ArgumentParser().parse_args": Source("cli", "given on the command line"),
    "argparse.ArgumentParser().parse_known_args": Source("cli", "given on the command line"),
    "tornado.web.RequestHandler().get_argument": Source("request", "taken from the web request"),
    "tornado.web.RequestHandler().get_body_argument": Source("request", "taken from the web request"),
    "tornado.web.RequestHandler().get_query_argument": Source("request", "taken from the web request"),
    "http.server.BaseHTTPRequestHandler().rfile.read": Source("request", "the body of a web request"),
    "http.server.SimpleHTTPRequestHandler().rfile.read": Source("request", "the body of a web request"),
    "socketserver.BaseRequestHandler().request.recv": Source("network", "received over a socket"),
}
# Files and folders of the program's own: no danger in them, but a path among them is told apart from others.
for _name in ("mkdtemp", "mkstemp", "mktemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"):
    _EXACT[f"tempfile.{_name}"] = Source("temporary", f"made by `tempfile.{_name}`")
_STREAMLIT = ("text_input", "text_area", "chat_input", "file_uploader", "data_editor", "camera_input", "audio_input")
for _name in _STREAMLIT:
    _EXACT[f"streamlit.{_name}"] = Source("request", f"a visitor's input, `st.{_name}`")
    _EXACT[f"streamlit.sidebar.{_name}"] = Source("request", f"a visitor's input, `st.sidebar.{_name}`")

_NETWORK = {
    "requests": ("get", "post", "put", "request"),
    "requests.Session()": ("get", "post", "put", "request"),
    "httpx": ("get", "post", "stream", "request"),
    "httpx.Client()": ("get", "post", "stream", "request"),
    "httpx.AsyncClient()": ("get", "post", "stream", "request"),
    "aiohttp.ClientSession()": ("get", "post", "request"),
    "urllib.request": ("urlopen", "urlretrieve"),
    "urllib": ("urlopen", "urlretrieve"),
    "urllib2": ("urlopen",),
    "urllib3": ("request",),
    "urllib3.PoolManager()": ("request",),
    "wget": ("download",),
    "gdown": ("download", "cached_download", "download_folder"),
    "pooch": ("retrieve",),
    "torch.hub": ("download_url_to_file",),
    "huggingface_hub": ("hf_hub_download", "snapshot_download", "cached_download"),
    "huggingface_hub.HfApi()": ("hf_hub_download", "snapshot_download"),
    "kagglehub": ("model_download", "dataset_download"),
    "boto3.client()": ("download_file", "download_fileobj", "get_object"),
    "boto3.resource().Bucket()": ("download_file", "download_fileobj"),
    "boto3.resource().Object()": ("get",),
    "google.cloud.storage.Client().bucket().blob()": (
        "download_as_bytes",
        "download_as_string",
        "download_to_filename",
    ),
    "socket.socket()": ("recv", "recvfrom", "makefile"),
    "zmq.Context().socket()": ("recv", "recv_multipart", "recv_string"),
    "redis.Redis()": ("get", "hget", "lpop", "rpop", "brpop", "blpop"),
    "redis.StrictRedis()": ("get", "hget", "lpop", "rpop"),
    "keras.utils": ("get_file",),
    "torchvision.datasets.utils": ("download_url", "download_and_extract_archive", "download_file_from_google_drive"),
    "monai.apps": ("download_url", "download_and_extract"),
    "huggingface_sb3": ("load_from_hub",),
    "minio.Minio()": ("get_object", "fget_object"),
    "mlflow.artifacts": ("download_artifacts",),
    "multiprocessing.connection.Client()": ("recv", "recv_bytes"),
    "multiprocessing.connection.Listener().accept()": ("recv", "recv_bytes"),
    "ftplib.FTP()": ("retrbinary", "retrlines"),
    "websockets.connect()": ("recv",),
    "websocket.create_connection()": ("recv",),
    "pika.BlockingConnection().channel()": ("basic_get", "consume"),
}
for _base, _names in _NETWORK.items():
    for _name in _names:
        _EXACT[f"{_base}.{_name}"] = Source("network", f"downloaded by `{_base}.{_name}`")

# The same where the client is made in several ways.
_DOWNLOADS = re.compile(
    r"boto3\..*(?:client\(\)\.(?:get_object|download_file|download_fileobj)|\.Object\(\)\.(?:get|download_file(?:obj)?)"
    r"|\.Bucket\(\)\.download_file(?:obj)?)"
    r"|google\.cloud\.storage\..*\.download_(?:as_\w+|to_\w+)"
    r"|azure\.storage\.blob\..*\.(?:download_blob|readall|readinto)"
    r"|wandb\..*\.(?:download|get_path|file)"
    r"|(?:s3fs|gcsfs|adlfs)\.\w+\(\)\.(?:open|cat|cat_file|get|get_file)"
    r"|(?:aiohttp|httpx|requests)\..*Session\(\)\.(?:get|post|put|patch|request|send)"
    r"|(?:kafka\.KafkaConsumer|confluent_kafka\.(?:Deserializing)?Consumer)\(\)(?:\[\]|\.(?:poll|consume))"
    r"|zmq\..*\.socket\(\)\.(?:recv|recv_multipart|recv_string|recv_json)"
    r"|redis\..*\.(?:get|hget|lpop|rpop|brpop|blpop)"
    r"|socket\.socket\(\)\.accept\(\)\[\]\.(?:recv|recvfrom|makefile)|socket\.create_connection\(\)\.(?:recv|makefile)"
    r"|paramiko\..*\.(?:open_sftp\(\)\.(?:get|open|file|getfo))"
)

# Attributes that are sources by themselves.
_ATTRIBUTES: dict[str, Source] = {
    "sys.argv": Source("cli", "taken from the command line, `sys.argv`"),
    "flask.request": Source("request", "taken from the web request"),
    "quart.request": Source("request", "taken from the web request"),
    "django.http.HttpRequest()": Source("request", "taken from the web request"),
    "fastapi.Request()": Source("request", "taken from the web request"),
    "starlette.requests.Request()": Source("request", "taken from the web request"),
    "fastapi.UploadFile()": Source("request", "uploaded with the web request"),
    "starlette.datastructures.UploadFile()": Source("request", "uploaded with the web request"),
    "sanic.Request()": Source("request", "taken from the web request"),
    "aiohttp.web.Request()": Source("request", "taken from the web request"),
    "bottle.request": Source("request", "taken from the web request"),
    "cherrypy.request": Source("request", "taken from the web request"),
    "streamlit.query_params": Source("request", "taken from the address of the web app"),
}
# Parts of a request object that the application or the server put there.
OWN_REQUEST_PARTS = frozenset(["app", "state", "scope", "client", "session", "user", "auth", "method"])
# What a parameter called `request` is asked for in a view, whatever the framework.
_REQUEST_PARTS = frozenset(
    [
        "GET",
        "POST",
        "FILES",
        "body",
        "COOKIES",
        "args",
        "form",
        "values",
        "json",
        "get_json",
        "data",
        "get_data",
        "files",
        "query_params",
        "path_params",
        "query",
        "rel_url",
        "match_info",
        "params",
    ]
)


@lru_cache(maxsize=8192)
def source_of_call(name: str) -> Source | None:
    """The source that a call of this qualified name is, if it is one."""
    exact = _EXACT.get(name)
    if exact is not None:
        return exact
    if llm_calls.answers(name):
        return Source("llm", f"model output comes from `{short(name)}`")
    if llm_calls.retrieves(name):
        return Source("retrieval", f"documents fetched by `{short(name)}`")
    if _DOWNLOADS.fullmatch(name):
        return Source("network", f"downloaded by `{short(name)}`")
    return None


def source_of_attribute(name: str) -> Source | None:
    """The source that reading this qualified name is, if it is one."""
    return _ATTRIBUTES.get(name)


def is_request_part(parameter: str, attribute: str) -> bool:
    """Whether an attribute of an unknown parameter is a part of a web request (`request.GET`)."""
    return parameter == "request" and attribute in _REQUEST_PARTS


def short(name: str) -> str:
    """A qualified name as a person would write it: `OpenAI().chat.completions.create`."""
    head, parenthesis, tail = name.partition("()")
    return f"{head.rpartition('.')[2]}(){tail}" if parenthesis else name
