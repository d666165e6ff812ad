"""An application and an address -> a process that answers until it is asked to stop."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from reconciler.errors import ReconcilerError
from reconciler.web.connections import BoundedConnection

# What is under way when the process is asked to stop has so long to end.
_GRACE_SECONDS = 10
_TURN_SECONDS = 0.0005
_STOPPING = (signal.SIGTERM, signal.SIGINT)


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0: any that is free. Raises ReconcilerError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ReconcilerError(
            f"can't listen on {host} port {port}: {error.strerror}",
            "choose another address with --host and --port",
        ) from error
    sock.listen(2048)
    return sock


def serve(
    app: ASGIApp,
    sock: socket.socket,
    ready: Callable[[], None],
    stopping: Callable[[], None],
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Answers until SIGTERM; `ready` is called when a request would be answered.

    `stopping` is called when no more are, to end the answers that would go on. What X-Forwarded-For
    and X-Forwarded-Proto say counts when one of `trusted_proxies` says it: addresses, or networks.
    Raises KeyboardInterrupt after SIGINT, when all is ended as well.
    """

    class Server(uvicorn.Server):
        interrupted = False

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            stopping()
            await super().shutdown(sockets)

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Uvicorn would let a process that ended well die of the signal all the same.
            before = {name: signal.signal(name, self.handle_exit) for name in _STOPPING}
            yield
            for name, handler in before.items():
                signal.signal(name, handler)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.interrupted |= sig == signal.SIGINT
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        http=BoundedConnection,
        lifespan="off",
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    # A thread that comes back from the database would wait 5 ms for each that is computing.
    sys.setswitchinterval(_TURN_SECONDS)
    server = Server(config)
    server.run(sockets=[sock])
    if server.interrupted:
        raise KeyboardInterrupt
