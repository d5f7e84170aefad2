"""Letterlock: a secure shared inbox."""
