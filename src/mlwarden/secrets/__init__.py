"""Secrets: what tokens look like, how they are found in a text, and what never leaves this package: their value.

formats, providers/   what a token of each provider looks like, as data
probes                where in a text a token may stand; plain `re`, fast, most texts end here
scan                  `find_secrets`: the candidates, confirmed by detect-secrets, without placeholders
detectors             detect-secrets plugins made from the formats (imports detect-secrets: late)
placeholders          what looks like a token and is none
checksums             check digits and structure
literals              is a literal given as an API key a real one?
clients               the API clients: which arguments are keys, and the environment variable they read
urls                  credentials in URLs
redaction             mask and fingerprint
ds_baseline           known secrets of a `.secrets.baseline`
samples               made-up tokens for examples and tests
"""
