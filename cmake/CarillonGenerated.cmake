# SPDX-License-Identifier: Apache-2.0
# What the build writes itself, into <build>/generated: migrations.c, documents.c and
# version.h.

# src/store/migrations/*.sql as constant strings, declared in store/migrations.h.
function(carillon_embed_migrations layer)
    set(output ${CMAKE_BINARY_DIR}/generated/migrations.c)
    set(script ${CMAKE_SOURCE_DIR}/cmake/embed_migrations.cmake)
    set(directory ${CMAKE_SOURCE_DIR}/src/store/migrations)
    file(GLOB files CONFIGURE_DEPENDS ${directory}/*.sql)
    if(files)
        add_custom_command(
            OUTPUT ${output}
            COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DOUTPUT=${output} -P ${script}
            DEPENDS ${files} ${script}
            COMMENT "Embedding the migrations"
            VERBATIM)
        add_custom_target(${layer}_migrations DEPENDS ${output})
        add_dependencies(${layer} ${layer}_migrations)
    endif()
endfunction()

# docs/openapi.yaml and docs/asyncapi.yaml as constant strings, declared in api/documents.h.
function(carillon_embed_documents layer)
    set(output ${CMAKE_BINARY_DIR}/generated/documents.c)
    set(script ${CMAKE_SOURCE_DIR}/cmake/embed_documents.cmake)
    set(directory ${CMAKE_SOURCE_DIR}/docs)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DOUTPUT=${output} -P ${script}
        DEPENDS ${directory}/openapi.yaml ${directory}/asyncapi.yaml ${script}
        COMMENT "Embedding the documents of the protocol"
        VERBATIM)
    add_custom_target(${layer}_documents DEPENDS ${output})
    add_dependencies(${layer} ${layer}_documents)
endfunction()

# version.h is looked at on every build, because the commit changes without any file of ours
# changing; it is rewritten only when its text differs, so nothing is compiled again in vain.
function(carillon_version_header layer)
    set(output ${CMAKE_BINARY_DIR}/generated/version.h)
    add_custom_target(version_header
        COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
                -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/version_header.cmake
        BYPRODUCTS ${output}
        COMMENT "Looking at the version"
        VERBATIM)
    add_dependencies(${layer} version_header)
endfunction()
