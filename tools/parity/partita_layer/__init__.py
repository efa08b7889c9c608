"""How partita stands in for Django in its tests: one module for each part of it."""
