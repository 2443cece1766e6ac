"""What the process's exit code says."""

__all__ = ["ALERT", "BROKEN", "ERROR", "INTERRUPTED", "QUIET"]

QUIET = 0  # every photo was inspected, and none raised an alert
ERROR = 2  # something could not be done; it outranks an alert
ALERT = 3  # an alert, or a verdict that has to be treated as one, on at least one photo
BROKEN = 4  # an attack succeeded where a certificate says that none can
INTERRUPTED = 130  # 128 + SIGINT
