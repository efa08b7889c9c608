"""Ready-made parts of models and ways of asking; each is imported only where it is used."""
