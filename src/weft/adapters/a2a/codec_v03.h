// What 0.3 writes differently: over JSON-RPC objects with `kind`, over HTTP+JSON the ProtoJSON of
// package a2a.v1. Owned by adapters/a2a; pure.
#pragma once

#include "weft/adapters/a2a/codec.h"

namespace weft::adapters::a2a {

const Spelling& spelling_v03();
const Spelling& spelling_v03_rest();

}  // namespace weft::adapters::a2a
