"""Build, template and repository tools. Run from the repository root; none of this is deployed."""
