"""The clients of services: which of their arguments are secrets, and the environment variable they read by themselves.

Names are qualified as the semantic model writes them.
"""

from __future__ import annotations

# Keyword arguments that are secrets, whatever is called.
SECRET_KEYWORDS = (
    "api_key",
    "apikey",
    "api_token",
    "api_secret",
    "secret_key",
    "access_token",
    "auth_token",
    "bearer_token",
    "client_secret",
    "hf_token",
    "use_auth_token",
    "huggingfacehub_api_token",
    "huggingface_api_key",
    "openai_api_key",
    "openai_key",
    "azure_openai_api_key",
    "azure_ad_token",
    "admin_api_key",
    "webhook_secret",
    "anthropic_api_key",
    "anthropic_key",
    "google_api_key",
    "gemini_api_key",
    "cohere_api_key",
    "mistral_api_key",
    "groq_api_key",
    "together_api_key",
    "fireworks_api_key",
    "replicate_api_token",
    "nvidia_api_key",
    "xai_api_key",
    "deepseek_api_key",
    "openrouter_api_key",
    "pinecone_api_key",
    "weaviate_api_key",
    "qdrant_api_key",
    "voyage_api_key",
    "jina_api_key",
    "tavily_api_key",
    "serpapi_api_key",
    "wandb_api_key",
    "langsmith_api_key",
    "langchain_api_key",
    "databricks_token",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
)
# Ordinary words elsewhere; secrets as arguments of these packages.
AMBIGUOUS_KEYWORDS = ("token", "key", "secret")
PACKAGES_WITH_TOKENS = (
    "boto3",
    "clearml",
    "cohere",
    "comet_ml",
    "dagshub",
    "databricks",
    "datasets",
    "diffusers",
    "github",
    "gitlab",
    "huggingface_hub",
    "kagglehub",
    "litellm",
    "modal",
    "neptune",
    "pymilvus",
    "replicate",
    "s3fs",
    "sentence_transformers",
    "slack_sdk",
    "telegram",
    "transformers",
    "wandb",
    "weaviate",
)
# Calls whose secret may be given without its name: (position, the keyword's name).
POSITIONAL = {
    "anthropic_bedrock.AnthropicBedrock": (0, "aws_secret_key"),
    "azure.core.credentials.AzureKeyCredential": (0, "key"),
    "azure.core.credentials.AzureNamedKeyCredential": (1, "key"),
    "cohere.AsyncClient": (0, "api_key"),
    "cohere.AsyncClientV2": (0, "api_key"),
    "cohere.Client": (0, "api_key"),
    "cohere.ClientV2": (0, "api_key"),
    "deepgram.Deepgram": (0, "api_key"),
    "deepgram.DeepgramClient": (0, "api_key"),
    "elevenlabs.set_api_key": (0, "api_key"),
    "github.Github": (0, "login_or_token"),
    "langsmith.Client": (1, "api_key"),
    "mistralai.client.MistralClient": (0, "api_key"),
    "pinecone.Pinecone": (0, "api_key"),
    "pydantic.SecretStr": (0, "secret_value"),
    "roboflow.Roboflow": (0, "api_key"),
    "tavily.TavilyClient": (0, "api_key"),
    "weaviate.AuthApiKey": (0, "api_key"),
    "weaviate.auth.Auth.api_key": (0, "api_key"),
    "weaviate.auth.AuthApiKey": (0, "api_key"),
    "weaviate.classes.init.Auth.api_key": (0, "api_key"),
}
# The variable that a client reads, by the longest name that the qualified name begins with.
_VARIABLES = {
    "anthropic": "ANTHROPIC_API_KEY",
    "assemblyai": "ASSEMBLYAI_API_KEY",
    "azure": "AZURE_API_KEY",
    "cohere": "CO_API_KEY",
    "comet_ml": "COMET_API_KEY",
    "deepgram": "DEEPGRAM_API_KEY",
    "elevenlabs": "ELEVENLABS_API_KEY",
    "fireworks": "FIREWORKS_API_KEY",
    "github": "GITHUB_TOKEN",
    "google.genai": "GEMINI_API_KEY",
    "google.generativeai": "GOOGLE_API_KEY",
    "groq": "GROQ_API_KEY",
    "huggingface_hub": "HF_TOKEN",
    "langchain_anthropic": "ANTHROPIC_API_KEY",
    "langchain_cohere": "COHERE_API_KEY",
    "langchain_google_genai": "GOOGLE_API_KEY",
    "langchain_groq": "GROQ_API_KEY",
    "langchain_huggingface": "HUGGINGFACEHUB_API_TOKEN",
    "langchain_mistralai": "MISTRAL_API_KEY",
    "langchain_openai": "OPENAI_API_KEY",
    "langchain_openai.AzureChatOpenAI": "AZURE_OPENAI_API_KEY",
    "langchain_openai.AzureOpenAI": "AZURE_OPENAI_API_KEY",
    "langsmith": "LANGSMITH_API_KEY",
    "litellm.anthropic_key": "ANTHROPIC_API_KEY",
    "litellm.openai_key": "OPENAI_API_KEY",
    "llama_index.embeddings.openai": "OPENAI_API_KEY",
    "llama_index.llms.anthropic": "ANTHROPIC_API_KEY",
    "llama_index.llms.openai": "OPENAI_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "neptune": "NEPTUNE_API_TOKEN",
    "openai": "OPENAI_API_KEY",
    "openai.AsyncAzureOpenAI": "AZURE_OPENAI_API_KEY",
    "openai.AzureOpenAI": "AZURE_OPENAI_API_KEY",
    "pinecone": "PINECONE_API_KEY",
    "qdrant_client": "QDRANT_API_KEY",
    "replicate": "REPLICATE_API_TOKEN",
    "roboflow": "ROBOFLOW_API_KEY",
    "together": "TOGETHER_API_KEY",
    "wandb": "WANDB_API_KEY",
    "weaviate": "WEAVIATE_API_KEY",
}
# The variables that names of arguments stand for.
_BY_KEYWORD = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "azure_ad_token": "AZURE_OPENAI_AD_TOKEN",
    "admin_api_key": "OPENAI_ADMIN_KEY",
    "webhook_secret": "OPENAI_WEBHOOK_SECRET",
    "hf_token": "HF_TOKEN",
    "use_auth_token": "HF_TOKEN",
    "auth_token": "ANTHROPIC_AUTH_TOKEN",
    "cohere_api_key": "COHERE_API_KEY",
    "anthropic_key": "ANTHROPIC_API_KEY",
    "openai_key": "OPENAI_API_KEY",
}
_PLAIN = frozenset(
    {"api_key", "apikey", "api_token", "api_secret", "secret_key", "access_token", "bearer_token", "client_secret"}
)


def variable_for(callee: str, keyword: str, from_format: str) -> str:
    """The environment variable that a secret belongs in.

    Args:
        callee: qualified name of what is called or assigned to.
        keyword: the argument's name.
        from_format: the variable of the value's own format, or "".

    Returns:
        What the argument's name says, else what the value's format says, else what the client reads; "API_KEY" at last.
    """
    if keyword in _BY_KEYWORD and (keyword != "auth_token" or callee.startswith("anthropic")):
        return _BY_KEYWORD[keyword]
    if keyword in SECRET_KEYWORDS and keyword not in _PLAIN and keyword != "auth_token":
        return keyword.upper()
    return from_format or _variable_of(callee) or "API_KEY"


def _variable_of(callee: str) -> str:
    name = callee
    while name:
        if name in _VARIABLES:
            return _VARIABLES[name]
        name = name.rpartition(".")[0]
    return ""
