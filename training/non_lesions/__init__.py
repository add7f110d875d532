"""Pictures that show no lesion: drawn ones, and photos that libraries ship. The gate is to refuse them.

The development set chooses between the gate's candidates; the trial set, of other kinds and sources, measures the one
that was chosen, and nothing is ever chosen by it.
"""
