#include "weft/app/completion.h"

#include <format>
#include <string_view>

namespace weft::app {
namespace {

/// What the hub itself has to be asked for. Ids stand six spaces deep in what --json prints.
constexpr std::string_view kBegin =
    R"bash(# bash completion for weft; made by `weft completion bash`
_weft_ids() {
  "$@" --json 2>/dev/null | sed -n 's/^      "id": "\([^"]*\)".*/\1/p'
}
# The tasks in a state that fits.
_weft_tasks() {
  weft task ls --json 2>/dev/null | awk -F'"' -v fits="$1" \
    '/^      "id": / { id = $4 } /^      "state": / && $4 ~ fits { print id }'
}
# KEY= for each argument of SOLUTION/SKILL, as `weft show` writes them.
_weft_keys() {
  weft show "${1%%/*}" 2>/dev/null | sed -n "s|^ *weft call $1 ||p" | tr -d '[]' | tr ' ' '\n' |
    sed -n 's/^\([^=]*=\).*/\1/p'
}
_weft_words() {
  case $1 in
)bash";

/// Values that an option takes, and what stands where a command wants it.
constexpr std::string_view kEnd = R"bash(  esac
}
# The words after the command that are no option and no option's value.
_weft_given() {
  given=()
  local i word
  for ((i = at; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --hub | --input | --as | --protocol | --bearer | --header | --env | --data | --limit | \
        --for | --solution | --listen | --threads | --log | --lines | --instances | --type | \
        --accept | -c | --config) i=$((i + 1)) ;;
      -*) ;;
      *) given+=("$word") ;;
    esac
  done
}
_weft_open() { compopt -o nospace 2>/dev/null; }
_weft_call() {
  local ids
  if [ "${#given[@]}" -gt 0 ]; then
    if [ "$before" = "=" ]; then words= && return; fi
    words="$words $(_weft_keys "${given[0]}")"
    [[ $word == -* ]] || _weft_open
    return
  fi
  case $word in
    */*) words=$(_weft_ids weft show "${word%%/*}" | sed "s|^|${word%%/*}/|") ;;
    -*) ;;
    *) words="$words $(_weft_ids weft ls | sed 's|$|/|')"; _weft_open ;;
  esac
}
_weft() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path=weft at=1
  local words files= given
  while [ "$at" -lt "$COMP_CWORD" ] && [ -n "$(_weft_words "$path ${COMP_WORDS[at]}")" ]; do
    path="$path ${COMP_WORDS[at]}"
    at=$((at + 1))
  done
  _weft_given
  case $before in
    --protocol) words="openai mcp a2a openapi oip sagemaker mqtt" ;;
    --log) words="debug info warn error off" ;;
    --solution | --for) words=$(_weft_ids weft ls) ;;
    -c | --config | --data | --input | --details) files=-f ;;
    --hub | --listen | --threads | --as | --bearer | --header | --env | --limit | --lines | \
      --instances | --type | --accept) return ;;
    *)
      words=$(_weft_words "$path")
      case $path:${#given[@]} in
        "weft call":*) _weft_call ;;
        "weft show:0" | "weft rm:0") words="$words $(_weft_ids weft ls)" ;;
        "weft task show:0") words="$words $(_weft_tasks .)" ;;
        "weft task cancel:0") words="$words $(_weft_tasks '^(submitted|working|ask|auth)$')" ;;
        "weft task answer:0") words="$words $(_weft_tasks '^(ask|auth)$')" ;;
        "weft approve:0" | "weft deny:0") words="$words $(_weft_ids weft approvals)" ;;
        "weft key revoke:0") words="$words $(_weft_ids weft key ls)" ;;
        "weft completion:0") words="$words bash" ;;
        "weft add:0") files=-f ;;
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
