"""The tables of the paper, measured again beside what was published."""
