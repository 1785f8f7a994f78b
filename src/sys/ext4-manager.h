/*
 * ext4-manager.h: how libext2fs reads and writes: an io_manager over FD_IMAGE, after ext4_io_begin.
 *
 * libext2fs's own opens by name, which the cage does not.  This one takes any name, reads what lies there and what
 * was written over it, and writes into a transaction that opening a channel begins with nothing in it: EROFS before
 * ext4_transaction_begin.  Beyond the image's end reads and writes fail.
 */
#pragma once

#include <ext2fs/ext2fs.h>

extern struct struct_io_manager ext4_manager;
