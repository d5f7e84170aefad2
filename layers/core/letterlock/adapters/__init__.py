"""Adapters: the only floor that knows AWS, PynamoDB, cryptography and HTTP clients."""
