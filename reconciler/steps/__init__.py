"""The steps of a pass that reconcile.py puts in order."""
