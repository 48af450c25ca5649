#include "weft/app/completion.h"

#include <format>
#include <string_view>

namespace weft::app {
namespace {

/// What the hub itself has to be asked for, and values that an option takes.
constexpr std::string_view kBegin =
    R"bash(# bash completion for weft; made by `weft completion bash`
_weft_ids() {
  "$@" --json 2>/dev/null | sed -n 's/^ *"id": "\([^"]*\)".*/\1/p'
}
_weft_words() {
  case $1 in
)bash";

constexpr std::string_view kEnd = R"bash(  esac
}
_weft() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path=weft at=1
  local words files=
  while [ "$at" -lt "$COMP_CWORD" ] && [ -n "$(_weft_words "$path ${COMP_WORDS[at]}")" ]; do
    path="$path ${COMP_WORDS[at]}"
    at=$((at + 1))
  done
  case $before in
    --protocol) words="openai mcp a2a openapi" ;;
    --log) words="debug info warn error off" ;;
    --solution | --for) words=$(_weft_ids weft ls) ;;
    -c | --config | --data | --input) files=-f ;;
    --hub | --listen | --threads | --as | --bearer | --header | --env) return ;;
    *)
      words=$(_weft_words "$path")
      case $path in
        "weft show" | "weft rm") words="$words $(_weft_ids weft ls)" ;;
        "weft call")
          case $word in
            */*) words=$(_weft_ids weft show "${word%%/*}" | sed "s|^|${word%%/*}/|") ;;
            *) words="$words $(_weft_ids weft ls)" ;;
          esac ;;
        "weft task show" | "weft task cancel" | "weft task answer")
          words="$words $(_weft_ids weft task ls)" ;;
        "weft key revoke") words="$words $(_weft_ids weft key ls)" ;;
        "weft add") files=-f ;;
      esac ;;
  esac
  COMPREPLY=($(compgen $files -W "$words" -- "$word"))
}
complete -F _weft weft
)bash";

}  // namespace

std::string completion_script(const std::vector<CompletedCommand>& commands) {
  std::string out(kBegin);
  for (const auto& command : commands) {
    out += std::format("    \"{}\") echo \"", command.path);
    for (const auto& word : command.words) out += std::format("{} ", word);
    out.back() = '"';
    out += " ;;\n";
  }
  out += kEnd;
  return out;
}

}  // namespace weft::app
