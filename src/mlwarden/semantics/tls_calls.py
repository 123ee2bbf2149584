"""Calls of Python libraries that can switch the verification of TLS certificates off."""

from __future__ import annotations

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
SWITCHES: dict[str, str] = {
    **{f"requests.{method}": "verify" for method in _METHODS},
    **{f"requests.Session().{method}": "verify" for method in _METHODS},
    **{f"httpx.{method}": "verify" for method in (*_METHODS, "stream")},
    "httpx.Client": "verify",
    "httpx.AsyncClient": "verify",
    "httpx.HTTPTransport": "verify",
    "httpx.AsyncHTTPTransport": "verify",
    "httpx.create_ssl_context": "verify",
    "gdown.download": "verify",
    "gdown.cached_download": "verify",
    "gdown.download_folder": "verify",
    "gradio_client.Client": "ssl_verify",
    "boto3.client": "verify",
    "boto3.resource": "verify",
    "boto3.Session().client": "verify",
    "boto3.Session().resource": "verify",
    "boto3.session.Session().client": "verify",
    "boto3.session.Session().resource": "verify",
    "aiohttp.TCPConnector": "ssl",
    **{f"aiohttp.ClientSession().{method}": "ssl" for method in (*_METHODS, "ws_connect")},
    "elasticsearch.Elasticsearch": "verify_certs",
    "opensearchpy.OpenSearch": "verify_certs",
    "minio.Minio": "cert_check",
    "hvac.Client": "verify",
    "clickhouse_connect.get_client": "verify",
}
"""Call -> keyword that switches verification off when it is false."""
OLD_AIOHTTP = {name: "verify_ssl" for name, keyword in SWITCHES.items() if keyword == "ssl"}
"""The same, for the older name of aiohttp's keyword."""
CERT_REQS = {
    "urllib3.PoolManager": "cert_reqs",
    "urllib3.ProxyManager": "cert_reqs",
    "urllib3.HTTPSConnectionPool": "cert_reqs",
    "urllib3.connectionpool.HTTPSConnectionPool": "cert_reqs",
    "urllib3.util.ssl_.create_urllib3_context": "cert_reqs",
    "ssl.wrap_socket": "cert_reqs",
}
"""Call -> keyword that takes `ssl.CERT_NONE`."""
UNVERIFIED = ("ssl._create_unverified_context", "ssl._create_stdlib_context")
"""Calls that make a context without verification unless told otherwise."""
