"""What is asked of a mail: one question a file, each a pure function that returns a typed verdict."""
