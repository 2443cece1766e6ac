"""Architectures that are trained here: small networks for pictures of 32 x 32 px."""
