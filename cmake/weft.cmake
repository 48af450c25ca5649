# weft_module(NAME DEPS…): the static library of one module, its tests and its fuzzers. Sources are found by name: x.cc,
# x_test.cc, x_fuzz.cc; x_shared_test.cc needs data beside the checkout and skips without it (label shared-data).

find_package(Threads REQUIRED)
find_package(Boost 1.88 REQUIRED CONFIG COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(simdjson REQUIRED CONFIG)
find_package(GTest REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
find_library(WEFT_XGBOOST xgboost REQUIRED)
find_library(WEFT_FASTTEXT fasttext REQUIRED)
find_library(WEFT_ONNXRUNTIME onnxruntime REQUIRED)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
# Not by pkg-config: what it defines on the way would make every precompiled header another one.
find_library(WEFT_RE2 re2 REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
find_library(WEFT_LLHTTP llhttp REQUIRED)
include(GoogleTest)

add_library(weft_options INTERFACE)
target_compile_options(weft_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  $<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 14 reports these inside library code inlined into coroutines; clang-tidy watches our own.
  target_compile_options(weft_options INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds
    -Wno-stringop-overflow -Wno-restrict -Wno-dangling-reference -Wno-free-nonheap-object
    -Wno-mismatched-new-delete -Wno-null-dereference -Wno-tsan)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(weft_options INTERFACE -Wno-gnu-zero-variadic-macro-arguments
    -Wno-missing-designated-field-initializers)
endif()
target_compile_options(weft_options INTERFACE -Wno-missing-field-initializers)
# Without both ways of aligned allocation coroutine frames come from operator new, which is aligned enough.
target_compile_definitions(weft_options INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_ERROR_LOCATION BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC
  BOOST_ASIO_DISABLE_BOOST_ALIGN _FILE_OFFSET_BITS=64
  WEFT_VERSION="${PROJECT_VERSION}")
target_include_directories(weft_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(weft_options INTERFACE Threads::Threads Boost::headers Boost::json Boost::url)
if(WEFT_SANITIZE)
  target_compile_options(weft_options INTERFACE -fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(weft_options INTERFACE -fsanitize=${WEFT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND WEFT_SANITIZE MATCHES "address")
    # Checks at every member access double the code to compile: a null pointer stops asan anyway, the others stay
    # on in the fuzzers (clang). Checks by call instead of inline take another quarter off.
    target_compile_options(weft_options INTERFACE -fno-sanitize=null,alignment,vptr
      --param=asan-instrumentation-with-call-threshold=0)
  endif()
endif()
if(WEFT_FUZZ)
  target_compile_options(weft_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # At -O2 GCC 14 sees overreads in what it inlined that cannot happen; the asan build keeps the warning.
  target_compile_options(weft_options INTERFACE -Wno-stringop-overread)
  # A call is long and runs through its code once: what counts is how many cache lines of it are fetched. So no padding
  # inside of functions, no frame pointers, and no stubs before library calls (all are bound at start anyway).
  target_compile_options(weft_options INTERFACE -fno-plt -ffunction-sections -fdata-sections
    -fno-align-loops -fno-align-jumps -fno-align-labels)
  target_compile_options(weft_options INTERFACE -D_GLIBCXX_ASSERTIONS -D_FORTIFY_SOURCE=3
    -fstack-protector-strong)
  # Relative relocations packed: they are read at start, and stay resident.
  target_link_options(weft_options INTERFACE -Wl,-z,relro,-z,now,-z,pack-relative-relocs -Wl,--gc-sections)
endif()

# What test code is compiled with on top: it runs once, so nothing is made faster, and undefined behaviour is looked
# for in what it tests. This is a third of its time to compile.
add_library(weft_test_options INTERFACE)
target_link_libraries(weft_test_options INTERFACE weft_options GTest::gmock)
if(WEFT_SANITIZE)
  target_compile_options(weft_test_options INTERFACE -O0)
endif()
if(WEFT_SANITIZE MATCHES "undefined")
  target_compile_options(weft_test_options INTERFACE -fno-sanitize=undefined)
endif()

# weft_precompile(TARGET [TESTS]): one precompiled header serves every target, another one all test code.
function(weft_precompile target)
  cmake_parse_arguments(arg "TESTS" "" "" ${ARGN})
  set(pch weft_pch)
  set(options weft_options)
  set(header pch.h)
  if(arg_TESTS)
    set(pch weft_test_pch)
    set(options weft_test_options)
    set(header test_pch.h)
  endif()
  if(NOT TARGET ${pch})
    file(WRITE ${CMAKE_BINARY_DIR}/${pch}.cc "\n")
    add_library(${pch} STATIC ${CMAKE_BINARY_DIR}/${pch}.cc)
    target_link_libraries(${pch} PUBLIC ${options})
    target_precompile_headers(${pch} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# weft_test_program(PROGRAM PREFIX LABEL SOURCES … LIBRARIES …): a program of GoogleTest cases, which ctest knows as
# PREFIX.Suite.Case.
function(weft_test_program program prefix label)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(WEFT_FUZZ OR NOT arg_SOURCES)
    return()
  endif()
  add_executable(${program} ${arg_SOURCES})
  target_link_libraries(${program} PRIVATE ${arg_LIBRARIES} weft_test_options GTest::gmock_main)
  target_compile_definitions(${program} PRIVATE WEFT_SOURCE="${CMAKE_SOURCE_DIR}")
  weft_precompile(${program} TESTS)
  gtest_discover_tests(${program} TEST_PREFIX "${prefix}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 LABELS ${label})
endfunction()

if(WEFT_FUZZ)
  add_custom_target(weft_fuzzers)
endif()
# The programs beside the hub: those that hold the models' engines, and the gRPC door.
add_custom_target(weft_workers ALL)

function(weft_module name)
  cmake_parse_arguments(arg "" "EXCLUDE" "DEPS;LIBRARIES" ${ARGN})
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.h)
  if(arg_EXCLUDE)
    list(FILTER all EXCLUDE REGEX "${arg_EXCLUDE}")
    list(FILTER headers EXCLUDE REGEX "${arg_EXCLUDE}")
  endif()
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cc$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(shared_tests ${tests})
  list(FILTER tests EXCLUDE REGEX "_shared_test\\.cc$")
  list(FILTER shared_tests INCLUDE REGEX "_shared_test\\.cc$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  set(library weft_${name})
  if(NOT sources)
    set(sources ${CMAKE_BINARY_DIR}/weft_${name}_empty.cc)
    file(WRITE ${sources} "\n")
  endif()
  add_library(${library} STATIC ${sources})
  target_sources(${library} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${headers})
  target_link_libraries(${library} PUBLIC weft_options ${arg_LIBRARIES})
  foreach(dep ${arg_DEPS})
    target_link_libraries(${library} PUBLIC weft_${dep})
  endforeach()
  weft_precompile(${library})

  weft_test_program(weft_${name}_test ${name} unit SOURCES ${tests} LIBRARIES ${library})
  weft_test_program(weft_${name}_shared_test ${name} shared-data SOURCES ${shared_tests} LIBRARIES ${library})
  if(WEFT_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      set(fuzzer ${name}_${fuzzer})
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ${library})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      weft_precompile(${fuzzer})
      add_dependencies(weft_fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()

# weft_engine(NAME DEPS… LIBRARIES…): the worker side of an algorithm, which alone links the engine's library: a module like
# any other, and libexec/weft/weft-worker-NAME from its main.cc.
function(weft_engine name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBRARIES" ${ARGN})
  weft_module(engine_${name} DEPS ml ml_worker ${arg_DEPS} LIBRARIES ${arg_LIBRARIES})
  add_executable(weft-worker-${name} main.cc)
  target_link_libraries(weft-worker-${name} PRIVATE weft_engine_${name})
  weft_precompile(weft-worker-${name})
  set_target_properties(weft-worker-${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/libexec/weft)
  add_dependencies(weft_workers weft-worker-${name})
  install(TARGETS weft-worker-${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/weft
    COMPONENT weft)
endfunction()

# weft_algorithms(NAME…): the worker program of each algorithm's folder, and a generated table of
# `Algorithm weft::ml::NAME::algorithm()`, which is part of the module ml.
function(weft_algorithms)
  set(declarations "")
  set(entries "")
  foreach(name ${ARGN})
    add_subdirectory(${name}/engine)
    string(APPEND declarations "namespace ${name} { Algorithm algorithm(); }\n")
    string(APPEND entries "${name}::algorithm(), ")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/algorithm_table.cc CONTENT
"// Generated from ml/algorithms/CMakeLists.txt.
#include \"weft/ml/algorithms/algorithm.h\"

namespace weft::ml {
${declarations}
std::vector<Algorithm> all_algorithms() { return {${entries}}; }
}  // namespace weft::ml
")
  target_sources(weft_ml PRIVATE ${CMAKE_BINARY_DIR}/algorithm_table.cc)
endfunction()

# weft_adapters(NAME…): the module of the shared pieces (adapter.h and what every adapter uses), one module per
# adapter folder, and weft_adapter_table: a generated table of `Adapter weft::adapters::NAME::adapter()`.
function(weft_adapters)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  add_subdirectory(${folder}/common)
  set(declarations "")
  set(entries "")
  set(libraries "")
  foreach(name ${ARGN})
    add_subdirectory(${folder}/${name})
    string(APPEND declarations "namespace ${name} { Adapter adapter(); }\n")
    string(APPEND entries "      ${name}::adapter(),\n")
    list(APPEND libraries weft_${name})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/adapter_table.cc CONTENT
"// Generated from adapters/CMakeLists.txt.
#include \"weft/adapters/common/adapter.h\"

namespace weft::adapters {
${declarations}
std::vector<Adapter> all_adapters() {
  std::vector<Adapter> table{
${entries}  };
  return table;
}
}  // namespace weft::adapters
")
  add_library(weft_adapter_table STATIC ${CMAKE_BINARY_DIR}/adapter_table.cc)
  target_link_libraries(weft_adapter_table PUBLIC weft_common ${libraries})
  weft_precompile(weft_adapter_table)
endfunction()
