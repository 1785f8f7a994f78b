/*
 * bus.h: method calls over the system's D-Bus, through sd-bus(3).
 *
 * libsystemd is not linked in but opened, before the cage closes, by the verbs that use it and only
 * on hosts that have a bus.
 */
#pragma once

#include <systemd/sd-bus.h>

/* The functions of libsystemd that are used, by their own names and types. */
#define BUS_FUNCTIONS(F) \
	F(new) F(set_fd) F(set_bus_client) F(negotiate_fds) F(start) F(is_ready) F(add_filter) \
	F(process) F(wait) F(call_async) F(slot_unref) F(message_new_method_call) F(message_append) \
	F(message_append_array) F(message_open_container) F(message_close_container) \
	F(message_enter_container) F(message_exit_container) F(message_read) \
	F(message_read_array) F(message_at_end) F(message_get_error) F(message_ref) F(message_unref)

#define BUS_MEMBER(function) typeof(sd_bus_##function) *function;
struct bus { BUS_FUNCTIONS(BUS_MEMBER) };
#undef BUS_MEMBER

extern struct bus bus;

/* Connects FD_BUS to the system bus and opens the library; no byte of the bus's is read before the
 * cage is closed.  The bus asks the kernel who connected (SO_PEERCRED of unix(7)), and goes on
 * taking us for that: this has to be uid 0, what follows has not.  From here on all that is done
 * on the bus shares one deadline of five seconds.
 * A host without a bus is no error here; bus_greet tells.  0 or -errno; -ELIBACC when the library is
 * not there, -ETIMEDOUT when the bus lets nobody in. */
int bus_open(void);

/* Says hello.  0, -ESRCH when the host has no system bus, -ETIMEDOUT or -errno. */
int bus_greet(void);

/* Begins a method call.  *request, then and on failure too, is for bus_message_drop. */
int bus_request(sd_bus_message **request, const char *service, const char *path,
		const char *interface, const char *method);

/* Sends it and waits for the answer, which is for bus_message_drop, on failure too.  0, -ETIMEDOUT,
 * -errno, or -EBADE when the answer is an error: its name is in the answer. */
int bus_call(sd_bus_message *request, sd_bus_message **answer);

void bus_message_drop(sd_bus_message **message);

#define BUS_MESSAGE __attribute__((cleanup(bus_message_drop))) sd_bus_message
