"""A client whom nobody hears."""

import socket

try:
    socket.create_connection(("192.0.2.2", 4444))
except ConnectionRefusedError:
    pass
