# Embeds the files of sql/DIALECT into a target, as the function
# `Migrations` of store/migrations.h for that dialect: sqlite gives
# SqliteMigrations(). A file is named NUMBER_NAME.sql; its SHA-256 goes along,
# so that a database can tell when an applied one was changed.
set(TRACKTROVE_SQL_DIR ${CMAKE_CURRENT_LIST_DIR}/../../sql)

function(tracktrove_embed_migrations target dialect)
  string(SUBSTRING ${dialect} 0 1 initial)
  string(TOUPPER ${initial} initial)
  string(SUBSTRING ${dialect} 1 -1 rest)

  file(GLOB files CONFIGURE_DEPENDS ${TRACKTROVE_SQL_DIR}/${dialect}/*.sql)
  list(SORT files)
  set(entries "")
  set(expected 0)
  foreach(file IN LISTS files)
    cmake_path(GET file STEM stem)
    if(NOT stem MATCHES "^0*([0-9]+)_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: a migration is named NUMBER_NAME.sql")
    endif()
    set(number ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    math(EXPR expected "${expected} + 1")
    if(NOT number EQUAL expected)
      message(FATAL_ERROR "${file}: migrations are numbered from 1 without gaps; this must be ${expected}")
    endif()
    file(READ ${file} text)
    file(SHA256 ${file} sha256)
    string(APPEND entries "    {${number}, \"${name}\", \"${sha256}\", R\"sql(${text})sql\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()

  set(source ${CMAKE_CURRENT_BINARY_DIR}/${dialect}_migrations.cc)
  file(GENERATE OUTPUT ${source} CONTENT "// Generated from sql/${dialect}.
#include \"store/migrations.h\"

namespace tracktrove::store {

absl::Span<const Migration> ${initial}${rest}Migrations() {
  static constexpr Migration kMigrations[] = {
${entries}  };
  return kMigrations;
}

}  // namespace tracktrove::store
")
  target_sources(${target} PRIVATE ${source})
endfunction()
