"""A plan -> what it does: one transaction that accepts it, then rows in bounded batches."""
