// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/proactor/Asynch_Acceptor.h>

#include "Files_Session.h"

STRATA_SERVICE(Asynch_Acceptor<files::Files_Session>, "files")
