# striate_embed(TARGET SYMBOL FILE): the bytes of FILE as SYMBOL[] and SYMBOL_size in TARGET.
function(striate_embed target symbol file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){20})" "\\1\n" bytes "${bytes}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cc)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include <cstddef>
extern const unsigned char @symbol@[];
extern const std::size_t @symbol@_size;
const unsigned char @symbol@[] = {
@bytes@};
const std::size_t @symbol@_size = sizeof(@symbol@);
")
  target_sources(${target} PRIVATE ${source})
endfunction()
