"""Networks: students, and later the teachers."""
