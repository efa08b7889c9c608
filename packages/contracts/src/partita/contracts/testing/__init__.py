"""Test kits: inherit one in your tests and give it your implementation."""
