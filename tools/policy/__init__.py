"""What a template must hold before it may be deployed: rules on the expanded template, and the scanners of others.

A rule is a function from a settled template (every parameter, condition and intrinsic function worked out, as far as
the template itself can tell) to findings. `tests/policy` runs them; `make policy TEMPLATE=file` tries them on any file.
"""
