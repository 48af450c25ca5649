# weft_aws_shapes(MODULE NAME): compiles NAME.shapes of this folder into the module, as `const Shapes& NAME_shapes()`
# (aws/shapes.h).
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(weft_aws_shapes module name)
  set(text ${CMAKE_CURRENT_SOURCE_DIR}/${name}.shapes)
  set(tool ${CMAKE_SOURCE_DIR}/tools/aws_shapes.py)
  set(code ${CMAKE_CURRENT_BINARY_DIR}/${name}_shapes.cc)
  add_custom_command(OUTPUT ${code} DEPENDS ${text} ${tool}
    COMMAND Python3::Interpreter ${tool} compile ${text} ${code} ${name}_shapes)
  target_sources(weft_${module} PRIVATE ${code})
endfunction()
