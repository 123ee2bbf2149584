"""mlwarden's speed beside its peers': `python -m benchmarks.speed`. See docs/performance.md."""
