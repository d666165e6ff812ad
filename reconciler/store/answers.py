"""A database -> ports.Answers: the first answer to a request, given again."""

import json
from datetime import datetime
from typing import Any

from reconciler.ports.access import ANSWERING_FOR, ANSWERS_FOR, Answer, Answering, Unanswered
from reconciler.store import codec
from reconciler.store.connection import Connection, Database, Values

_FOUND = "SELECT request, at, status, headers, body FROM answered"
_BY_KEY = " WHERE principal = :principal AND key = :key"
_CLAIM = """
INSERT INTO answered (principal, key, request, at) VALUES (:principal, :key, :request, :at)
ON CONFLICT (principal, key) DO NOTHING
"""
_TAKE_OVER = """
UPDATE answered SET request = :request, at = :at, status = NULL, headers = NULL, body = NULL
"""
_KEEP = "UPDATE answered SET status = :status, headers = :headers, body = :body"
_OURS = _BY_KEY + " AND at = :at AND status IS NULL"


class SqlAnswers:
    """Implements ports.Answers; may be used from several threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, principal: str, key: str, request: str, now: datetime
    ) -> Answering | Answer | Unanswered:
        """One short transaction, so that of two who come at once one answers."""
        values = {
            "principal": principal,
            "key": key,
            "request": request,
            "at": codec.time_text(now),
        }
        with self._database.writing() as writer, writer.transaction() as connection:
            return _begun(connection, values, now)

    def keep(self, answering: Answering, answer: Answer) -> None:
        """Only for whoever still has the right to answer."""
        values = {
            **_names(answering),
            "status": answer.status,
            "headers": json.dumps(dict(answer.headers)),
            "body": answer.body,
        }
        self._write(_KEEP + _OURS, values)

    def forget(self, answering: Answering) -> None:
        """Only by whoever still has the right to answer."""
        self._write("DELETE FROM answered" + _OURS, _names(answering))

    def _write(self, statement: str, values: Values) -> None:
        with self._database.writing() as writer, writer.transaction() as connection:
            connection.execute(statement, values)


def _begun(
    connection: Connection, values: dict[str, Any], now: datetime
) -> Answering | Answer | Unanswered:
    answering = Answering(principal=values["principal"], key=values["key"], since=now)
    if connection.execute(_CLAIM, values).rowcount:
        return answering
    connection.lock("SELECT key FROM answered" + _BY_KEY, values)
    row = connection.execute(_FOUND + _BY_KEY, values).fetchone()
    if row is None:  # just forgotten by whoever had it
        return Unanswered.BEING_ANSWERED
    request, at, status, headers, body = row
    since = codec.time_of(at)
    if now >= since + ANSWERS_FOR:
        connection.execute(_TAKE_OVER + _BY_KEY, values)
        return answering
    if request != values["request"]:
        return Unanswered.OTHER_REQUEST
    if status is not None:
        return Answer(status=status, headers=json.loads(headers), body=body)
    if now < since + ANSWERING_FOR:
        return Unanswered.BEING_ANSWERED
    connection.execute(_TAKE_OVER + _BY_KEY, values)
    return answering


def _names(answering: Answering) -> Values:
    return {
        "principal": answering.principal,
        "key": answering.key,
        "at": codec.time_text(answering.since),
    }
