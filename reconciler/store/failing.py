"""What runtimes report, counted: all that a pass asks of deliveries, at its end."""

from reconciler.store.connection import Connection

_FAILING = """
SELECT count(*) FROM report WHERE behind_since IS NOT NULL AND (told OR failure IS NOT NULL)
"""


def failing(connection: Connection) -> int:
    """How many attachments are overdue, or their runtime reports a failure."""
    return int(connection.execute(_FAILING).fetchone()[0])
