"""A client of a host to which there is no way."""

import errno
import socket

try:
    socket.create_connection(("198.51.100.1", 80))
except OSError as error:
    assert error.errno == errno.ENETUNREACH
