"""Which environment variables hold secrets, and which calls give one, as data."""

from __future__ import annotations

import re

# `OPENAI_API_KEY`, `HF_TOKEN`, `PGPASSWORD`, `TOKEN_2`; not `TOKENIZERS_PARALLELISM`, `MAX_TOKENS`, `KEY_FILE`.
_SECRET = re.compile(
    r"(?:.*_)?[a-z0-9]*?"
    r"(?:(?:(?<![a-z0-9])|api|access|secret|private|auth|master|encryption|signing|account)key"
    r"|token|secret|passw(?:or)?d|passphrase|passwort|(?<![a-z0-9])(?:pwd|pat)|credentials?)"
    r"(?:_(?:[0-9]+|value|base64|b64|json|prod|dev|test|staging|read|write|ro|rw))*[0-9]?"
)
# Numbers, names of columns and of special tokens, and paths.
_NO_SECRET = re.compile(
    r"(?:.*_)?(?:public|partition|sort|primary|foreign|cache|index|max|min|num|pad|bos|eos|unk|sep|cls|mask|stop|start|end"
    r"|special|image|hot|ssh_public)_?(?:key|token)|google_application_credentials"
)


def is_secret_variable(name: str) -> bool:
    """Whether an environment variable of this name holds a secret, and no path, number or name of one."""
    lower = name.lower()
    return _SECRET.fullmatch(lower) is not None and _NO_SECRET.fullmatch(lower) is None


# Names that say by themselves that the value is a secret; `token`, `key` and `auth` are ordinary words elsewhere.
NAMED_SECRET = re.compile(
    r"(?:.*_)?(?:api_?keys?|api_?tokens?|api_?secrets?|secret_?keys?|access_?keys?|access_?tokens?|auth_?tokens?|bearer_?tokens?"
    r"|refresh_?tokens?|client_?secrets?|(?:hf|github|gh|gitlab|slack|wandb|openai|huggingface)_?(?:token|key)|private_?key"
    r"|passw(?:or)?d|passphrase|(?:openai|anthropic|gemini)_?key)",
    re.IGNORECASE,
)


# Calls that give a secret: qualified name -> what it is.
SECRET_CALLS: dict[str, str] = {
    "getpass.getpass": "a secret typed into `getpass()`",
    "google.colab.userdata.get": "a Colab secret",
    "kaggle_secrets.UserSecretsClient().get_secret": "a Kaggle secret",
    "huggingface_hub.get_token": "the Hugging Face token of this machine",
    "huggingface_hub.HfFolder.get_token": "the Hugging Face token of this machine",
    "keyring.get_password": "a password from the keyring",
    "dbutils.secrets.get": "a Databricks secret",
    "azure.keyvault.secrets.SecretClient().get_secret": "a secret from the key vault",
    "google.cloud.secretmanager.SecretManagerServiceClient().access_secret_version": "a secret from the secret manager",
    "google.auth.transport.requests.id_token.fetch_id_token": "a Google identity token",
    "google.oauth2.id_token.fetch_id_token": "a Google identity token",
}
# Mappings of settings by name, like `os.environ`.
STORES = frozenset(
    {"os.environ", "os.environb", "dotenv.dotenv_values()", "dotenv.main.dotenv_values()", "streamlit.secrets"}
)
GETTERS = frozenset({"os.getenv", "os.environ.setdefault", *(f"{store}.get" for store in STORES)})
