"""An echo with a process for each connection, at a port of the loopback interface; it tells that, and its number."""

import os
import signal
import socket

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], os.getpid(), flush=True)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        listener.close()
        try:
            while data := connection.recv(100):
                connection.send(data)
        except ConnectionResetError:
            pass
        connection.close()
        os._exit(0)
    connection.close()
