/*
 * api.h: one bounded HTTP exchange with a VMM over its API socket.
 *
 * The peer may be anything: no byte of its answer is given away but the three digits.
 */
#pragma once

/* The most that an exchange may take in all. */
enum { API_PATIENCE_MS = 2000 };

/* A handle: FD_API, a unix socket.  The time runs from here. */
int api_open(void);

/* The time runs from here, for who has waited before it connected. */
void api_begin(void);

/* Connects FD_API to a socket pinned by socket_pin.
 * 0, -ETIMEDOUT (the peer takes no connection), -ECONNREFUSED (nobody listens), or -errno. */
int api_connect(int pinned);

/* Sends the request and reads one response of at most 8 KiB.  Gives its status, 200 to 599, or
 * -ETIMEDOUT, -EPROTO (no HTTP response, or only a part of one, or more than one), -EMSGSIZE (longer),
 * or what the kernel said. */
int api_exchange(const char *request);

/* What api_connect calls, and what api_exchange does. */
#define API_CONNECT_CALLS \
	CALL_IF(connect, 0, FD_API, "to that very socket, by its descriptor in /proc/self/fd")
#define API_EXCHANGE_CALLS \
	CALL_IF(sendto, 0, FD_API, "the request"), \
	CALL_IF(recvfrom, 0, FD_API, "the response")
