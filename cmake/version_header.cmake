# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=<tree> -DVERSION=<x.y.z> -DOUTPUT=<version.h> -P version_header.cmake
# CARILLON_VERSION is the release; CARILLON_BUILD the commit, with -dirty when the tree differs from
# it, or "unknown" outside a git checkout. The environment's CARILLON_BUILD, when set, goes first:
# a package made from a source archive knows its commit only from there.
set(build "$ENV{CARILLON_BUILD}")
if(NOT build)
    execute_process(
        COMMAND git --no-optional-locks describe --always --dirty --abbrev=12 --exclude=*
        WORKING_DIRECTORY ${SOURCE}
        OUTPUT_VARIABLE build
        OUTPUT_STRIP_TRAILING_WHITESPACE
        ERROR_QUIET)
endif()
if(NOT build)
    set(build unknown)
endif()

set(text
"// SPDX-License-Identifier: Apache-2.0
/* version.h — which release and which commit this is. Made by cmake/version_header.cmake. */
#ifndef VERSION_H
#define VERSION_H

#define CARILLON_VERSION \"${VERSION}\"
#define CARILLON_BUILD \"${build}\"

#endif
")
set(old "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
    file(WRITE ${OUTPUT} "${text}")
endif()
