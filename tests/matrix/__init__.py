"""Who may do what, asked of the API: every route, by every kind of caller."""
