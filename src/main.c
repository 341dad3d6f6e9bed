// SPDX-License-Identifier: Apache-2.0
/* main.c — the program is its commands; see cli/cli.c. */
#include <unistd.h>

#include "base/check.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    role_set(ROLE_MAIN);
    return (int)cli_main(argc, argv, environ);
}
