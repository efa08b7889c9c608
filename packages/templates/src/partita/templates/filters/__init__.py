"""The filters that every template has."""
