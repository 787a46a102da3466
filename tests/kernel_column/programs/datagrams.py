"""One datagram socket that speaks with two ports of the far host, and looks before it takes; and one that has two numbers.

The echo on the far host is started from here, in the lab in which this one runs: it answers two datagrams.
"""

import os
import socket
import subprocess
import sys

if len(sys.argv) == 1:
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind(("", 5000))
    print("bound", flush=True)
    for _ in range(2):
        echo.sendto(*echo.recvfrom(100))
    sys.exit()

far = [sys.argv[1], "lab", "run", "--join", "--on", "server", "--", sys.executable, __file__]
there = subprocess.Popen(far, stdout=subprocess.PIPE)
assert there.stdout.readline() == b"bound\n"

speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
speaker.sendto(b"four", ("192.0.2.2", 5000))
assert speaker.recvfrom(100, socket.MSG_PEEK)[0] == b"four"
assert speaker.recvfrom(2)[0] == b"fo"
# Nobody is there: only a connected socket would be told.
speaker.sendto(b"for nobody", ("192.0.2.2", 9))
speaker.sendto(b"again!", ("192.0.2.2", 5000))
assert speaker.recvfrom(100)[0] == b"again!"

asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.connect(("192.0.2.2", 9))
other = os.dup(asker.fileno())
asker.close()
os.write(other, b"seven's")
try:
    os.read(other, 100)
except ConnectionRefusedError:
    pass
os.close(other)
speaker.close()
sys.exit(there.wait())
