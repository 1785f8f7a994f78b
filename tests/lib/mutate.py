"""mutate.py IMAGE: overwrites bytes of metadata at random, truncates and grows back, until killed."""
import os
import random
import sys

fd = os.open(sys.argv[1], os.O_RDWR)
size = os.fstat(fd).st_size
good = os.pread(fd, 1 << 20, 0)
while True:
    for _ in range(20):
        at = random.choice((random.randrange(1024, 2048), random.randrange(4096, 1 << 20)))
        os.pwrite(fd, bytes((random.randrange(256),)), at)
    if random.random() < .1:
        os.ftruncate(fd, random.randrange(size))
        os.ftruncate(fd, size)
    os.pwrite(fd, good, 0)
