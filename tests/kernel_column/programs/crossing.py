"""Two programs that call each other at the same moment, and close at the same moment: nobody is the server.

The one on the far host is started from here, in the lab in which this one runs. What each sends is on the way for longer
than the other needs to send.
"""

import socket
import subprocess
import sys
import time

OPEN, CLOSE = 0.6, 1.0


def until(moment):
    time.sleep(max(0, moment - time.time()))


def meet(own, other, begin):
    call = socket.socket()
    call.bind((own, 5000))
    until(begin + OPEN)
    call.connect((other, 5000))
    until(begin + CLOSE)
    call.close()


if len(sys.argv) == 2:
    begin = time.time()
    far = [sys.executable, __file__, "far", str(begin)]
    there = subprocess.Popen([sys.argv[1], "lab", "run", "--join", "--on", "server", "--", *far])
    meet("192.0.2.1", "192.0.2.2", begin)
    sys.exit(there.wait())
meet("192.0.2.2", "192.0.2.1", float(sys.argv[2]))
