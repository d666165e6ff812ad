"""A publisher in miniature, released step by step by the real program in a rehearsal store."""
