// SPDX-License-Identifier: Apache-2.0
#include "Greeter.h"

#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>

STRATA_SERVICE(Acceptor<Greeter>, "greeter")
