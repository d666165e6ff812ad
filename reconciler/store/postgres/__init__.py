"""PostgreSQL behind the protocols of reconciler.store.connection; psycopg is imported here only."""
