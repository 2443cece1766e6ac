"""Figures of the analyses: one file each, all as PNG."""
