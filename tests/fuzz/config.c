/*
 * config: any text as /etc/banger/priv.conf.
 *
 * What must hold: no crash; a reason where it is refused; what is accepted is within its own bounds.
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	char why[512] = "";

	if (!config_parse((const char *)data, size, &settings, why, sizeof(why))) {
		if (!*why)
			abort();
		return 0;
	}
	if (settings.admins.count > LIST_MAX || settings.batch.count > LIST_MAX ||
	    settings.vm_uid.first > settings.vm_uid.last || settings.bridge_address.prefix < 8 ||
	    settings.bridge_address.prefix > 30 || settings.state_dir.text[0] != '/' ||
	    strstr(settings.jail_dir.text, "/../"))
		abort();
	return 0;
}
