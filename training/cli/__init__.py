"""`python -m training <verb>`: parses, calls, prints. What a verb does stands in the module that it calls."""
