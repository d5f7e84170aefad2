"""The local cloud: what `make run` starts. Never deployed, and nothing that is deployed knows of it."""
