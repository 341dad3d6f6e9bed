# SPDX-License-Identifier: Apache-2.0
# carillon_layer(<name> <dependency>...): src/<name>/*.c becomes the static library <name>. Every
# dependency is public: who links a layer gets all that stands to its left. A folder without
# sources is an interface library, so that the order of layers holds while one is being written.
set(CARILLON_LAYERS "")

function(carillon_layer name)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
    list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.c$")
    if(name STREQUAL "store")
        # CMake must know a source that is generated into the store before the library is made.
        file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/store/migrations/*.sql)
        if(migrations)
            list(APPEND sources ${CMAKE_BINARY_DIR}/generated/migrations.c)
        endif()
    endif()

    if(name STREQUAL "api")
        list(APPEND sources ${CMAKE_BINARY_DIR}/generated/documents.c)
    endif()

    if(sources)
        add_library(${name} STATIC ${sources})
        set(scope PUBLIC)
    else()
        add_library(${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(
        ${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${name} ${scope} ${ARGN})
    set(CARILLON_LAYERS ${CARILLON_LAYERS} ${name} PARENT_SCOPE)
endfunction()
