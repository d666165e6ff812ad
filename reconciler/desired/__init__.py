"""Declarations and an instant -> what the install base should be."""
