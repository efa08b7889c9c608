"""Django's classes of engines, made from one dictionary each."""
