"""What becomes of findings: which rules run, what people accepted, what is reported."""
