"""Attacks on a classifier and on its defense: patches that are trained, and the certificate's audit."""
