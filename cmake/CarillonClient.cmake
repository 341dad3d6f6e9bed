# SPDX-License-Identifier: Apache-2.0
# The C client library, client/c: lib/libcarillon.so and lib/libcarillon.a, and libcarillon.pc. It
# reads and writes WebSocket frames with the server's own proto/, compiled once more for it; nothing
# of that is visible outside: the static library is one object in which only carillon_* is global.
include(GNUInstallDirs)

set(CARILLON_CLIENT_SHARED_WITH_SERVER
    src/base/buf.c src/base/check.c src/base/str.c src/base/utf8.c
    src/proto/ws_frame.c src/proto/ws_parse.c src/proto/ws_upgrade.c)

function(carillon_client)
    set(libraries PkgConfig::libcurl PkgConfig::jansson PkgConfig::libsodium PkgConfig::libcrypto)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/client/c/*.c)
    list(FILTER sources EXCLUDE REGEX "_test\\.c$")
    list(TRANSFORM CARILLON_CLIENT_SHARED_WITH_SERVER PREPEND ${CMAKE_SOURCE_DIR}/
         OUTPUT_VARIABLE shared_sources)

    add_library(client_objects OBJECT ${sources} ${shared_sources})
    set_target_properties(client_objects PROPERTIES
        POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    target_include_directories(client_objects PUBLIC
        ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/client/c ${CMAKE_SOURCE_DIR}/src)
    target_compile_options(client_objects PRIVATE -fPIC) # after the -fPIE of the hardening
    target_link_libraries(client_objects PUBLIC ${libraries})

    add_library(client_shared SHARED $<TARGET_OBJECTS:client_objects>)
    set_target_properties(client_shared PROPERTIES
        OUTPUT_NAME carillon VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
    target_link_libraries(client_shared PRIVATE ${libraries})
    if(NOT CARILLON_SANITIZE)
        target_link_options(client_shared PRIVATE -Wl,-z,defs)
    endif()

    set(object ${CMAKE_BINARY_DIR}/lib/carillon.o)
    set(archive ${CMAKE_BINARY_DIR}/lib/libcarillon.a)
    add_custom_command(OUTPUT ${archive}
        COMMAND ${CMAKE_LINKER} -r -o ${object} $<TARGET_OBJECTS:client_objects>
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
        COMMAND ${CMAKE_AR} rcs ${archive} ${object}
        DEPENDS client_objects $<TARGET_OBJECTS:client_objects>
        COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking lib/libcarillon.a")
    add_custom_target(client_archive ALL DEPENDS ${archive})
    add_library(client STATIC IMPORTED GLOBAL)
    set_target_properties(client PROPERTIES IMPORTED_LOCATION ${archive})
    target_include_directories(client INTERFACE ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(client INTERFACE ${libraries})
    add_dependencies(client client_archive)

    # Seen from its own place, so that it holds wherever the prefix is moved to.
    file(RELATIVE_PATH CARILLON_CLIENT_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    configure_file(${CMAKE_SOURCE_DIR}/client/c/libcarillon.pc.in
        ${CMAKE_BINARY_DIR}/lib/libcarillon.pc @ONLY)
    install(FILES ${CMAKE_SOURCE_DIR}/include/carillon.h TYPE INCLUDE)
    install(FILES ${archive} TYPE LIB)
    install(TARGETS client_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(FILES ${CMAKE_BINARY_DIR}/lib/libcarillon.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/client/c/*.3)
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
endfunction()

# examples/c/<x>.c -> <build>/examples/<x>, linked with the static library.
function(carillon_client_examples)
    file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/c/*.c)
    foreach(program IN LISTS programs)
        get_filename_component(stem ${program} NAME_WE)
        add_executable(example_${stem} ${program})
        target_link_libraries(example_${stem} PRIVATE client)
        set_target_properties(example_${stem} PROPERTIES
            OUTPUT_NAME ${stem} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
    endforeach()
endfunction()

# test/client_driver.c with the objects of the library, whose allocations it can make fail.
function(carillon_client_driver)
    add_executable(client_driver ${CMAKE_SOURCE_DIR}/test/client_driver.c)
    target_link_libraries(client_driver PRIVATE client_objects)
    set(wrapped malloc calloc realloc strdup strndup)
    list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")
    target_link_options(client_driver PRIVATE ${wrapped})
    set_target_properties(client_driver PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
endfunction()
