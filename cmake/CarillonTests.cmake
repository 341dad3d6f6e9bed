# SPDX-License-Identifier: Apache-2.0
# Test programs, benchmarks, and what ctest runs.

# Defaults for what the sanitizers themselves decide; harmless in a build without them.
set(CARILLON_TEST_ENVIRONMENT
    "ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:report_thread_leaks=0")
set(CARILLON_TEST_TIMEOUT_S 120)

function(carillon_register_test name)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${CARILLON_TEST_TIMEOUT_S}
        ENVIRONMENT "${CARILLON_TEST_ENVIRONMENT}")
endfunction()

# src/<layer>/<x>_test.c -> <build>/test/<layer>_<x>_test, known to ctest as <layer>/<x>.
function(carillon_add_unit_tests)
    foreach(layer IN LISTS CARILLON_LAYERS)
        file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*_test.c)
        foreach(test IN LISTS tests)
            get_filename_component(stem ${test} NAME_WE)
            string(REGEX REPLACE "_test$" "" noun ${stem})
            set(target ${layer}_${stem})
            add_executable(${target} ${test})
            target_link_libraries(${target} PRIVATE ${layer} PkgConfig::cmocka)
            set_target_properties(${target} PROPERTIES
                RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
            carillon_register_test(${layer}/${noun} ${target})
        endforeach()
    endforeach()
endfunction()

# src/<layer>/<x>_fuzz.c with a corpus in test/fuzz/<x>/ is also an ordinary test, known to ctest as
# <layer>/<x>_corpus: every input ever found is fed once, with this build's compiler and sanitizer.
function(carillon_add_fuzz_replays)
    set(driver ${CMAKE_SOURCE_DIR}/test/fuzz/replay.c)
    foreach(layer IN LISTS CARILLON_LAYERS)
        file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*_fuzz.c)
        foreach(fuzzer IN LISTS fuzzers)
            get_filename_component(stem ${fuzzer} NAME_WE)
            string(REGEX REPLACE "_fuzz$" "" noun ${stem})
            set(target ${layer}_${noun}_corpus)
            set(corpus ${CMAKE_SOURCE_DIR}/test/fuzz/${noun})
            if(EXISTS ${corpus})
                add_executable(${target} ${fuzzer} ${driver})
                target_link_libraries(${target} PRIVATE ${layer})
                set_target_properties(${target} PROPERTIES
                    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
                carillon_register_test(${layer}/${noun}_corpus ${target} ${corpus})
            endif()
        endforeach()
    endforeach()
endfunction()

# test/<x>.c -> <build>/test/<x>: small servers and tools that the node tests start.
function(carillon_add_test_programs)
    file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/*.c)
    list(REMOVE_ITEM programs ${CMAKE_SOURCE_DIR}/test/client_driver.c)
    foreach(program IN LISTS programs)
        get_filename_component(stem ${program} NAME_WE)
        add_executable(${stem} ${program})
        target_link_libraries(${stem} PRIVATE server)
        set_target_properties(${stem} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    endforeach()
endfunction()

# test/shim/<x>.c -> <build>/test/<x>.so: what such a test puts between a server and the kernel.
function(carillon_add_test_shims)
    file(GLOB shims CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/shim/*.c)
    foreach(shim IN LISTS shims)
        get_filename_component(stem ${shim} NAME_WE)
        add_library(${stem} MODULE ${shim})
        set_target_properties(${stem} PROPERTIES
            PREFIX ""
            POSITION_INDEPENDENT_CODE ON
            LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    endforeach()
endfunction()

# bench/*.c -> <build>/bench/carillon-bench, one program whose first argument is the scenario.
function(carillon_add_bench)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.c)
    list(FILTER sources EXCLUDE REGEX "_test\\.c$")
    if(sources)
        add_executable(carillon-bench ${sources})
        target_link_libraries(carillon-bench PRIVATE server)
        target_include_directories(carillon-bench PRIVATE ${CMAKE_SOURCE_DIR})
        set_target_properties(carillon-bench PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    endif()
    # bench/<x>_test.c, for what says whether a run was right.
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*_test.c)
    foreach(test IN LISTS tests)
        get_filename_component(stem ${test} NAME_WE)
        string(REGEX REPLACE "_test$" "" noun ${stem})
        add_executable(bench_${stem} ${test} ${CMAKE_SOURCE_DIR}/bench/${noun}.c)
        target_link_libraries(bench_${stem} PRIVATE base PkgConfig::cmocka)
        target_include_directories(bench_${stem} PRIVATE ${CMAKE_SOURCE_DIR})
        set_target_properties(bench_${stem} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
        carillon_register_test(bench/${noun} bench_${stem})
    endforeach()
endfunction()

# The rules that a machine can check, and the test of the checker; under a sanitizer both would only
# say the same again.
function(carillon_add_house_rules)
    find_program(NODE NAMES node nodejs)
    if(CARILLON_SANITIZE)
        return()
    endif()
    if(NOT NODE)
        message(WARNING "node is missing: the tests lint/* are left out")
        return()
    endif()
    carillon_register_test(
        lint/house_rules ${NODE} ${CMAKE_SOURCE_DIR}/test/lint/house_rules.mjs ${CMAKE_SOURCE_DIR})
    carillon_register_test(
        lint/house_rules_test ${NODE} --test ${CMAKE_SOURCE_DIR}/test/lint/house_rules.test.js)
endfunction()
