# SPDX-License-Identifier: Apache-2.0
# How every file of the tree is compiled. Build types: Release ships; Dev is the same with the
# costly checks (DCHECK) on; Debug, for a debugger; Coverage counts lines.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

# -g costs nothing at run time and makes a failed CHECK in production readable.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_C_FLAGS_DEV "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")
set(CMAKE_C_FLAGS_COVERAGE "-O0 -g --coverage")
set(CMAKE_EXE_LINKER_FLAGS_COVERAGE "--coverage")
set_property(CACHE CMAKE_BUILD_TYPE PROPERTY STRINGS Release Dev Debug Coverage)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla
    -Wformat-security -fno-omit-frame-pointer)
if(CARILLON_WERROR)
    add_compile_options(-Werror)
endif()

# The same commit gives the same bytes wherever it is built. Coverage needs the real paths.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Coverage")
    add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
endif()

# Where the compiler has them: jumps only to where one may jump (CET), a stack that cannot step over
# its guard.
include(CheckCCompilerFlag)
check_c_compiler_flag(-fcf-protection=full CARILLON_HAS_CF_PROTECTION)
check_c_compiler_flag(-fstack-clash-protection CARILLON_HAS_STACK_CLASH_PROTECTION)

if(CARILLON_HARDENING)
    if(CARILLON_HAS_CF_PROTECTION)
        add_compile_options(-fcf-protection=full)
    endif()
    if(CARILLON_HAS_STACK_CLASH_PROTECTION)
        add_compile_options(-fstack-clash-protection)
    endif()
    add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE)
    add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(CARILLON_SANITIZE)
    add_compile_options(-fsanitize=${CARILLON_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${CARILLON_SANITIZE})
endif()
