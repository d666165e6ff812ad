"""A socket between program and server: answers pass late, or not at all, or the line is cut.

A reconciler that is given the folder of this socket instead of the server's meets a slow network,
one that loses the answer to a COMMIT, or one that falls silent.
"""

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep

_NAME = ".s.PGSQL.5432"
_LARGEST = 65_536


@dataclass
class Line:
    """What happens to answers of the server; they are counted over all connections."""

    delay_seconds: float = 0.0
    cut_at: int = 0
    silent_at: int = 0
    answers: int = 0
    silent: threading.Event = field(default_factory=threading.Event)

    def passes(self) -> bool:
        """Whether the next answer gets through. Raises ConnectionError when the line is cut."""
        self.answers += 1
        sleep(self.delay_seconds)
        if self.cut_at and self.answers >= self.cut_at:
            raise ConnectionError
        if self.silent_at and self.answers >= self.silent_at:
            self.silent.set()
        return not self.silent.is_set()


@contextlib.contextmanager
def between(server_folder: Path, line: Line) -> Iterator[Path]:
    """A folder to connect to instead of the server's, while the block runs."""
    with (
        tempfile.TemporaryDirectory(prefix="line-") as folder,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        listening.bind(str(Path(folder) / _NAME))
        listening.listen(50)
        open_ones: list[socket.socket] = []
        accepting = threading.Thread(
            target=_accept, args=(listening, server_folder, line, open_ones), daemon=True
        )
        accepting.start()
        try:
            yield Path(folder)
        finally:
            for one in (listening, *open_ones):
                _shut(one)
            accepting.join()


def _accept(
    listening: socket.socket, server_folder: Path, line: Line, open_ones: list[socket.socket]
) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listening.accept()
            server = socket.socket(socket.AF_UNIX)
            open_ones += (client, server)
            try:
                server.connect(str(server_folder / _NAME))
            except OSError:
                _shut(client)
                continue
            for target, words in (
                (_questions, (client, server)),
                (_answers, (server, client, line)),
            ):
                threading.Thread(target=target, args=words, daemon=True).start()


def _questions(client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := client.recv(_LARGEST):
            server.sendall(content)
    _shut(server)


def _answers(server: socket.socket, client: socket.socket, line: Line) -> None:
    with contextlib.suppress(OSError):
        while content := server.recv(_LARGEST):
            if line.passes():
                client.sendall(content)
    _shut(client)
    _shut(server)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
