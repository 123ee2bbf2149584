"""MLW4xx: LLM applications and agents."""
