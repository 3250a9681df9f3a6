# The Debian package, by CPack: cmake --build build && (cd build && cpack). One package, effreg: the programs, their units, man pages and
# completions made from the programs themselves, configuration as conffiles. Nothing is enabled by installing it: keys come first.
set(package_folder ${CMAKE_CURRENT_LIST_DIR})
set(package_made ${CMAKE_BINARY_DIR}/package)

install(TARGETS effreg effreg-intake effreg-metrics effreg-ranking effreg-notify effreg-gateway effreg-agent RUNTIME DESTINATION usr/bin)
install(CODE "execute_process(COMMAND ${package_folder}/tree ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/bin ${package_made} \"${EFFREG_MAINTAINER}\" COMMAND_ERROR_IS_FATAL ANY)")
install(DIRECTORY ${package_made}/root/ DESTINATION .)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME effreg)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${EFFREG_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exchange and rating platform of a lean-government programme")
set(CPACK_PACKAGE_DESCRIPTION "Regional systems push project events; effreg stores them durably,
computes indicators, rates the regions and serves ratings that anyone can
recompute. The services of the centre, the agent of a region, and the
command line for everybody.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql (>= 15), nginx")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_folder}/postinst ${package_folder}/prerm ${package_folder}/postrm ${package_folder}/conffiles)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
include(CPack)
