# Everything comes from Debian packages (script/bootstrap installs them). Each
# room links exactly the targets that it may use.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CLI11 2.1 REQUIRED)

pkg_check_modules(GRPCPP REQUIRED IMPORTED_TARGET grpc++ protobuf)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)

# Abseil as packaged is a set of small libraries; ours are named here once.
pkg_check_modules(ABSL REQUIRED IMPORTED_TARGET
  absl_status absl_statusor absl_strings absl_str_format absl_time absl_synchronization
  absl_flat_hash_map absl_btree absl_span absl_int128)

# SOCI ships no CMake configuration.
find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
find_library(SOCI_CORE_LIBRARY soci_core REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY soci_sqlite3 REQUIRED)
find_library(SOCI_POSTGRESQL_LIBRARY soci_postgresql REQUIRED)
add_library(tracktrove_soci INTERFACE)
target_include_directories(tracktrove_soci SYSTEM INTERFACE ${SOCI_INCLUDE_DIR} ${SOCI_INCLUDE_DIR}/soci)
target_link_libraries(tracktrove_soci INTERFACE
  ${SOCI_SQLITE3_LIBRARY} ${SOCI_POSTGRESQL_LIBRARY} ${SOCI_CORE_LIBRARY} PkgConfig::SQLITE3 PkgConfig::LIBPQ)
