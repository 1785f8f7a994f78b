/*
 * nft-write.h: how a message of a batch is written.  For nft.c and rule.c alone.
 */
#pragma once

#include "sys/nft.h"

#include <string.h>

/* An attribute of one of libnftnl's objects, NFTNL_*; a list of them ends without bytes. */
struct nft_field { uint16_t type; const void *bytes; uint32_t length; };

#define NUMBER(type, value) { type, &(const uint32_t){ (uint32_t)(value) }, sizeof(uint32_t) }
#define BYTES(type, bytes, length) { type, bytes, (uint32_t)(length) }
#define TEXT(type, text) { type, text, (uint32_t)strlen(text) + 1 }
#define FIELDS(...) (const struct nft_field[]){ __VA_ARGS__, { 0 } }

/* Sets them, with libnftnl's function for objects of the kind; into *written whether all are set. */
#define SET_FIELDS(set, object, fields, written) do { \
	for (const struct nft_field *field = (fields); (written) && field->bytes; field++) \
		(written) = set((object), field->type, field->bytes, field->length) == 0; \
} while (0)

/* For an object that keeps what it is given, and frees it; or NULL. */
void *nft_copy(const void *bytes, size_t length);

/* Takes note when something could not be written.  One thing that is missing keeps all from being sent: a
 * message to delete a rule that does not name the chain is one to delete all of the table's. */
bool nft_check(struct nft_batch *batch, bool written);

/* The next message, for one of libnftnl's payloads; whoever has written it ends it.  type is NFT_MSG_*, flags
 * NLM_F_*. */
struct nlmsghdr *nft_message(struct nft_batch *batch, int type, int family, int flags);
void nft_message_end(struct nft_batch *batch);

/* A comment, as nft(8) and iptables-nft(8) show it.  Where text is NULL, COMMENT ends a list of attributes. */
struct nft_comment { unsigned char bytes[256]; uint32_t length; };

struct nft_comment nft_comment_of(const char *text);

#define COMMENT(type, comment) BYTES(type, (comment).length ? (comment).bytes : NULL, (comment).length)
