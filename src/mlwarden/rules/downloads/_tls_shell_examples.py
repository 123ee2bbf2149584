"""Examples of MLW217 in shell lines, magics, and commands that Python runs."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, as_notebook

SHELL_EXAMPLES: Examples = (
    Bad(
        as_notebook("import os\n!curl -skL https://example.org/weights.bin -o weights.bin"),
        path="example.ipynb",
        texts=("curl -skL https://example.org/weights.bin -o weights.bin",),
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`curl -k` does not verify TLS certificates: anybody on the way can answer for the server",
        fixed=as_notebook("import os\n!curl -sL https://example.org/weights.bin -o weights.bin"),
    ),
    Bad(
        as_notebook(
            "%%bash\nset -e\nwget --no-check-certificate https://example.org/data.zip && unzip data.zip\n"
            "git -c http.sslVerify=false clone https://example.org/zoo.git\n",
            "!conda config --set ssl_verify false\n!npm config set strict-ssl false",
        ),
        path="example.ipynb",
        texts=(
            "wget --no-check-certificate https://example.org/data.zip",
            "git -c http.sslVerify=false clone https://example.org/zoo.git",
            "conda config --set ssl_verify false",
            "npm config set strict-ssl false",
        ),
        fixed=as_notebook(
            "%%bash\nset -e\nwget https://example.org/data.zip && unzip data.zip\n"
            "git -c http.sslVerify=true clone https://example.org/zoo.git\n",
            "!conda config --set ssl_verify true\n!npm config set strict-ssl true",
        ),
    ),
    Bad(
        as_notebook("%env CURL_CA_BUNDLE=\n%env NODE_TLS_REJECT_UNAUTHORIZED 0\n", "!export GIT_SSL_NO_VERIFY=1"),
        path="example.ipynb",
        texts=("%env CURL_CA_BUNDLE=", "%env NODE_TLS_REJECT_UNAUTHORIZED 0", "export GIT_SSL_NO_VERIFY=1"),
    ),
    Bad(
        """
    import os
    import subprocess as sp

    def fetch(url):
        os.system(f"wget -q --no-check-certificate {url}")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        command = ["curl", "--insecure", "--output", "data.zip"]
        sp.run([*command, url], check=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        sp.run("pip install --trusted-host pypi.example.org zoo", shell=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        sp.run(["git", "clone", url], env={**os.environ, "GIT_SSL_NO_VERIFY": "true"})
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    ),
    Good(
        as_notebook(
            "!curl -fsSL -o k.zip https://example.org/k.zip\n!curl -okay.txt https://example.org\n"
            "!curl -H '-k' https://example.org && ls -k\n!curl -k https://localhost:8443/health\n"
            "!git config http.sslVerify true\n!git -c http.postBuffer=0 clone https://example.org/zoo.git\n"
            "%env CURL_CA_BUNDLE=/etc/ssl/company.pem\n# !curl -k https://example.org\n"
            "!pip install --trusted-host pypi.example.org zoo\n!echo wget --no-check-certificate"
        ),
        path="example.ipynb",
        because="certificates are verified; this machine needs none; and the last are for MLW708 and for the reader",
    ),
    Good(
        """
    import subprocess

    subprocess.run(["curl", "-sS", "https://example.org/weights.bin"], env={"CURL_CA_BUNDLE": "/etc/ca.pem"})
    print("curl -k https://example.org")
    HELP = "wget --no-check-certificate"
    """,
        because="certificates are verified, and text that nobody runs does nothing",
    ),
)
