"""How many lines of two public suites mlwarden finds, and where it raises a false alarm. See README.md."""
