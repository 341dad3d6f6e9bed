# SPDX-License-Identifier: Apache-2.0
# cmake -DDIRECTORY=<folder of NNNN_name.sql> -DOUTPUT=<file.c> -P embed_migrations.cmake
# Writes the array that src/store/migrations.h declares, ordered by number. Numbers must run 1, 2,
# 3… without a gap, because a database records only the last one that it has.
file(GLOB files ${DIRECTORY}/*.sql)
list(SORT files COMPARE NATURAL)

set(rows "")
set(expected 0)
foreach(file IN LISTS files)
    get_filename_component(stem ${file} NAME_WLE)
    math(EXPR expected "${expected} + 1")
    if(NOT stem MATCHES "^0*([1-9][0-9]*)_([a-z0-9_]+)$")
        message(FATAL_ERROR "${file}: name a migration NNNN_what_it_does.sql")
    endif()
    set(number ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    if(NOT number EQUAL expected)
        message(FATAL_ERROR "${file}: has number ${number}, the next free one is ${expected}")
    endif()

    file(READ ${file} sql)
    string(REPLACE "\\" "\\\\" sql "${sql}")
    string(REPLACE "\"" "\\\"" sql "${sql}")
    string(REPLACE "?" "\\?" sql "${sql}") # two of them could begin a trigraph
    string(REPLACE "\n" "\\n\"\n     \"" sql "${sql}")
    string(APPEND rows "    {${number}, \"${name}\",\n     \"${sql}\"},\n")
endforeach()

file(WRITE ${OUTPUT}
"// SPDX-License-Identifier: Apache-2.0
/* Made by cmake/embed_migrations.cmake from src/store/migrations; edit those files instead. */
#include \"store/migrations.h\"

const struct migration migrations[] = {
${rows}};
const size_t migrations_count = sizeof(migrations) / sizeof(migrations[0]);
")
