/*
 * shapes.h: a gate's table against its expression.
 */
#pragma once

#include "gate/gate.h"

/* On how many texts they differ; adds to *tried how many there were. */
unsigned check_shape(const struct gate *gate, const struct settings *settings, unsigned long *tried);
