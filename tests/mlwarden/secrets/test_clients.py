from __future__ import annotations

import pytest

from mlwarden.secrets.clients import variable_for


@pytest.mark.parametrize(
    ("callee", "keyword", "from_format", "expected"),
    [
        ("openai.OpenAI", "api_key", "", "OPENAI_API_KEY"),
        ("openai.AzureOpenAI", "api_key", "", "AZURE_OPENAI_API_KEY"),
        ("openai.AzureOpenAI", "azure_ad_token", "", "AZURE_OPENAI_AD_TOKEN"),
        ("openai.OpenAI", "api_key", "DEEPSEEK_API_KEY", "DEEPSEEK_API_KEY"),
        ("langchain_community.llms.X", "cohere_api_key", "CO_API_KEY", "COHERE_API_KEY"),
        ("langchain_openai.ChatOpenAI", "openai_api_key", "", "OPENAI_API_KEY"),
        ("boto3.client", "aws_secret_access_key", "", "AWS_SECRET_ACCESS_KEY"),
        ("google.generativeai.configure", "api_key", "", "GOOGLE_API_KEY"),
        ("anthropic.Anthropic", "auth_token", "", "ANTHROPIC_AUTH_TOKEN"),
        ("acme.Client", "auth_token", "", "API_KEY"),
        ("", "api_key", "", "API_KEY"),
    ],
)
def test_variables(callee: str, keyword: str, from_format: str, expected: str) -> None:
    assert variable_for(callee, keyword, from_format) == expected
