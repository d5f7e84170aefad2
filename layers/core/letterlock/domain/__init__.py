"""The rules: conversations, mail, threading, accounts; facts; errors. Standard library only, no I/O."""
