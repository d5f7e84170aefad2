"""Seeded histories over the fakes: mail, agents, senders and the mail service's events, with crashes, in any order."""
