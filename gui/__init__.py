"""The window: draws and asks; computes nothing, and imports torch only in the engine's thread."""
