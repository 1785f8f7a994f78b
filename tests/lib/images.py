"""images.py DIRECTORY: damages copies of plain.ext4, byte by byte as ext4's documentation numbers them."""
import os
import shutil
import struct
import subprocess
import sys

where = sys.argv[1]
plain = where + "/plain.ext4"
SUPER = 1024


def image(name, *changes, size=None):
    path = f"{where}/{name}.ext4"
    subprocess.run(["cp", "--sparse=always", plain, path], check=True)
    with open(path, "r+b") as file:
        for at, value in changes:
            file.seek(at)
            file.write(value)
        if size is not None:
            file.truncate(size)
    os.chown(path, 1900, 1900)
    return path


def le32(number):
    return struct.pack("<I", number)


def debugfs(path, *commands):
    subprocess.run(["debugfs", "-w", "-f", "-", path], input="\n".join(commands), text=True,
                   check=True, capture_output=True)


def field(name, *pairs, **more):
    """Superblock fields through debugfs, which keeps the checksum."""
    path = image(name, **more)
    debugfs(path, *(f"set_super_value {key} {value}" for key, value in pairs))
    return path


def inode_of(path):
    """Offset of an inode in plain.ext4."""
    text = subprocess.run(["debugfs", "-R", f"imap {path}", plain], check=True, capture_output=True,
                          text=True).stdout
    block, offset = text.split("located at block ")[1].split(", offset ")
    return int(block) * 4096 + int(offset.strip(), 16)


def block_of(path, index=0):
    text = subprocess.run(["debugfs", "-R", f"bmap {path} {index}", plain], check=True,
                          capture_output=True, text=True).stdout
    return int(text.strip()) * 4096


# Refused by their superblocks.
field("external", ("journal_uuid", "deadbeef-dead-beef-dead-beefdeadbeef"))
field("journal9", ("journal_inum", "9"))
field("journaldev", ("journal_dev", "0x0701"))
field("unknown", ("feature_incompat", "0x800002c2"))
field("mmp", ("feature_incompat", "0x3c2"))
field("recover", ("feature_incompat", "0x2c6"))
field("notclean", ("state", "0"))
field("errors", ("state", "3"))
field("orphans", ("last_orphan", "12"))
field("first", ("first_data_block", "218"))
field("revision", ("rev_level", "0"))
image("short", size=8 << 20)
image("luks", (0, b"LUKS\xba\xbe\0\1"))

# Damaged further down; checksums stay as they were, or the inode's is mended by debugfs.
good = inode_of("/etc/hostname")
image("bad-csum", (good + 4, le32(5)))
image("bad-inode", (good, b"\xff" * 256))
image("bad-bitmap", (4096 * 64, b"\xa5" * 4096))
image("bad-gdt", (4096, b"\xff" * 4096))
image("bad-root", (inode_of("/") + 40, b"\xff" * 60))
image("bad-tree", (inode_of("/large") + 40, b"\x0a\xf3\xff\xff\xff\xff\xff\xff"))
for name, entry in ("slash", b"x/y"), ("escape", b"\x1b]0"), ("dots", b"..\0"), ("length", None):
    block = block_of("/d")
    image("bad-" + name, (block + 24 + 8, entry) if entry else (block + 24 + 4, b"\x03\x00"))
image("bad-first", (SUPER + 0x14, le32(77)))
image("bad-groups", (SUPER + 0x20, le32(8)))
image("bad-inodes", (SUPER + 0x28, le32(0xffffffff)))
image("bad-log", (SUPER + 0x18, le32(31)))
image("bad-isize", (SUPER + 0x58, b"\x07\x00"))
image("bad-desc", (SUPER + 0xfe, b"\xff\xff"))
for name, key, value in (("size", "size", "1099511627776"), ("flags", "flags", "0x10080800"),
                         ("links", "links_count", "0"), ("extent", "block[0]", "0xffff"),
                         ("acl", "file_acl", "3"), ("mode", "mode", "0170000")):
    debugfs(image("bad-set-" + name), f"set_inode_field /etc/hostname {key} {value}")
debugfs(image("bad-dir-size"), "set_inode_field /d size 17592186044416")
debugfs(image("bad-dir-loop"), "link /etc /d/x")
debugfs(image("bad-dir-self"), "set_inode_field /d block[0] 0")
debugfs(image("encrypted"), "set_inode_field /etc/hostname flags 0x80800",
        "set_inode_field /links/relative flags 0x800")
debugfs(image("bad-twice"), "set_inode_field /d/zz links_count 1", "set_inode_field /links links_count 64998")
debugfs(image("bad-reserved"), "link <8> /d/journal")
debugfs(image("bad-symlinks"), "set_inode_field /links/relative size 30", "set_inode_field /links/up size 90",
        "set_inode_field /links/absolute size 5000", "set_inode_field /links/through size 0")
debugfs(image("huge"), "write /dev/null f", "set_inode_field /f size 17592186044416")


# With what libext2fs believes and writes to memory by: it has room for three blocks of what lies in an inode, and goes
# through a block of names from one to the next until the block is full.
def small(name, features, tree):
    path = f"{where}/{name}.ext4"
    with open(path, "wb") as file:
        file.truncate(4 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-O", features, "-d", tree, path], check=True)
    os.chown(path, 1900, 1900)
    return path


def asked(path, command):
    return subprocess.run(["debugfs", "-R", command, path], check=True, capture_output=True, text=True).stdout


def small_tree(files):
    tree = f"{where}/small"
    for name, contents in files:
        os.makedirs(os.path.dirname(f"{tree}/{name}"), exist_ok=True)
        with open(f"{tree}/{name}", "w") as file:
            file.write(contents)
    return tree


def bad_inline():
    """/inline, of 2 bytes, whose attribute system.data is the 60,000 of the inode of /value."""
    tree = small_tree((("inline", "hi"), ("value", "A" * 60000)))
    path = small("bad-inline", "^metadata_csum,inline_data,ea_inode", tree)
    shutil.rmtree(tree)
    debugfs(path, "set_inode_field /value flags 0x280000")
    value = int(asked(path, "stat /value").split("Inode: ")[1].split()[0])
    block, offset = asked(path, "imap /inline").split("located at block ")[1].split(", offset ")
    entry = int(block) * 1024 + int(offset.split()[0], 16) + 128 + 32 + 4
    with open(path, "r+b") as file:
        file.seek(entry)
        assert file.read(2) == b"\4\7"
        file.write(struct.pack("<HIII", 0, value, 60000, 0))


def bad_index(name, inode):
    """/many with an index, and at the end of each of its blocks a name that is 0 bytes long, and an inode's."""
    tree = small_tree((f"many/a-rather-long-name-{n}", "") for n in range(400))
    path = small(name, "^metadata_csum", tree)
    shutil.rmtree(tree)
    assert subprocess.run(["e2fsck", "-fyD", path], capture_output=True).returncode in (0, 1)
    about = asked(path, "stat /many")
    assert "Flags: 0x81000" in about
    for n in range(1, int(about.split("Size: ")[1].split()[0]) // 1024):
        at = int(asked(path, f"bmap /many {n}")) * 1024
        with open(path, "r+b") as file:
            file.seek(at)
            block = file.read(1024)
            last = end = 0
            while end < 1024:
                last, length = end, struct.unpack_from("<H", block, end + 4)[0]
                end += length
            if length < 8 + block[last + 6] + 8:
                continue
            file.seek(at + last + 4)
            file.write(struct.pack("<H", length - 8))
            file.seek(at + 1016)
            file.write(struct.pack("<IHBB", inode, 0, 1, 1))


def bad_flag():
    """/d says that its names lie in its inode, and in its attribute system.data, of 968 bytes: and there is no such
    feature.  In a block of 1024 bytes they have no room."""
    tree = small_tree((("value", "B" * 960),))
    path = small("bad-flag", "^metadata_csum", tree)
    debugfs(path, "mkdir /d", f"ea_set -f {tree}/value /d user.data")
    shutil.rmtree(tree)
    at = int(asked(path, "stat /d").split("File ACL: ")[1].split()[0]) * 1024
    block, offset = asked(path, "imap /d").split("located at block ")[1].split(", offset ")
    inode = int(block) * 1024 + int(offset.split()[0], 16)

    def names(*lengths):
        return b"".join(struct.pack("<IHBB", 11, length, length - 8, 1) + b"z" * (length - 8) for length in lengths)

    with open(path, "r+b") as file:
        file.seek(at + 32)
        assert file.read(2) == b"\4\1"
        file.seek(at + 32)
        file.write(struct.pack("<BBHIII", 4, 7, 1024 - 968, 0, 968, 0))
        file.seek(at + 1024 - 968)
        file.write(names(244, 244, 244, 236))
        file.seek(inode + 32)
        file.write(le32(0x10000000))
        file.seek(inode + 40)
        file.write(le32(2) + names(56))


def endless():
    """Also a UDF, whose list of 50,000 descriptors libblkid would keep in another list, to go through for each."""
    def tag(kind, place):
        return struct.pack("<HHBBHHHI", kind, 2, 0, 0, 0, 0, 0, place)

    count, first = 50000, 28 * 1024
    path = image("endless", (0x8000, b"\0NSR02\1"), (256 * 512, tag(2, 256) + struct.pack("<II", count * 512, first)),
                 *(((first + n) * 512, tag(5, first + n)) for n in range(count)))
    os.rename(path, where + "/endless")         # among the others udev would meet it, and look for all there is


bad_inline()
bad_flag()
endless()
bad_index("bad-index", 11)
bad_index("bad-index-unused", 0)
