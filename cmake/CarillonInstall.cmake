# SPDX-License-Identifier: Apache-2.0
# cmake --install <build>: the program, its unit for systemd with the user that it runs as, an
# example of its configuration, and the pages for operators. The client library is installed by
# CarillonClient.cmake. Nothing is written to /etc: what is there is the operator's.
include(GNUInstallDirs)

function(carillon_install)
    install(TARGETS carillon RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    # The unit names places, which are known when it is installed: the prefix can be chosen then.
    install(CODE "
        set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
        set(docdir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\")
        set(unit \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/carillon.service\")
        message(STATUS \"Installing: \${unit}\")
        configure_file(\"${CMAKE_SOURCE_DIR}/packaging/carillon.service.in\" \"\${unit}\" @ONLY)
        list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${unit}\")")
    install(FILES ${CMAKE_SOURCE_DIR}/packaging/carillon.sysusers DESTINATION lib/sysusers.d
        RENAME carillon.conf)
    install(FILES ${CMAKE_SOURCE_DIR}/packaging/carillon.ini ${CMAKE_SOURCE_DIR}/docs/operations.md
        ${CMAKE_SOURCE_DIR}/docs/protocol.md ${CMAKE_SOURCE_DIR}/docs/guarantees.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
