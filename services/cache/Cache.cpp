// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>

#include "Cache_Session.h"

STRATA_SERVICE(Acceptor<cache::Cache_Session>, "cache")
