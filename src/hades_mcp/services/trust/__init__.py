"""Trust: the evidence for what is stored, and what it comes to."""
