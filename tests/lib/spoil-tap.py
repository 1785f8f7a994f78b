"""spoil-tap.py TAP UID GID: what who may open a tap can do to it, and what stays when it is closed."""
import ctypes
import fcntl
import os
import struct
import sys

TUNSETIFF, TUNATTACHFILTER, TUNSETSNDBUF, SIOCSIFHWADDR = 0x400454CA, 0x401054D5, 0x400454D4, 0x8924
TAP = 0x0002 | 0x1000 | 0x4000

name = sys.argv[1].encode()
os.setgroups([])
os.setresgid(*[int(sys.argv[3])] * 3)
os.setresuid(*[int(sys.argv[2])] * 3)
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name, TAP))
drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0), 8)
fcntl.ioctl(tap, TUNATTACHFILTER, struct.pack("HxxxxxxQ", 1, ctypes.addressof(drop_all)))
fcntl.ioctl(tap, TUNSETSNDBUF, struct.pack("i", 1))
fcntl.ioctl(tap, SIOCSIFHWADDR, struct.pack("16sH14s", name, 1, b"\x02\0\0\0\0\x01"))
