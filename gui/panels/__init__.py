"""The panels of the window: each reads the state and asks it to change; none knows another."""
