"""How much later a process ends, after something has happened, than one that only waits for a byte does."""
import contextlib
import os
import select
import subprocess
import time


@contextlib.contextmanager
def of(process):
    """Prints it, in microseconds: what the machine takes to wake and end any process is not counted."""
    peer = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    ends, poll = {}, select.poll()
    ours, its = os.pidfd_open(process.pid), os.pidfd_open(peer.pid)
    poll.register(ours, select.POLLIN)
    poll.register(its, select.POLLIN)
    yield
    began = time.monotonic()
    peer.stdin.close()
    while len(ends) < 2:
        for fd, _ in poll.poll():
            ends[fd] = time.monotonic() - began
            poll.unregister(fd)
    peer.wait()
    print(int(max(0, ends[ours] - ends[its]) * 1e6))
