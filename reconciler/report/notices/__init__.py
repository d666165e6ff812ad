"""A notice -> a letter in words, or data for machines; the same facts in every channel."""
