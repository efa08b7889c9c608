"""A record shop: artists, albums and tracks to search, a cart, a checkout and one's orders."""
