"""How forms become HTML: attributes, contexts, and what writes them without a template engine."""
