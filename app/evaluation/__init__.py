"""What answers are worth where the truth is known. Numpy alone; training measures with the same functions."""
