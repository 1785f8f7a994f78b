"""hold-exit.py PID SECONDS: whatever kills it, that process is not gone before so many seconds are over."""
import ctypes
import os
import sys
import time

PTRACE_SEIZE, PTRACE_O_TRACEEXIT = 0x4206, 0x40
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, PTRACE_O_TRACEEXIT) < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("held", flush=True)
time.sleep(float(sys.argv[2]))
