#include "weft/app/completion.h"

namespace weft::app {

std::string_view completion_script() {
  return R"bash(# bash completion for weft
_weft_solutions() {
  weft ls --json 2>/dev/null | sed -n 's/^ *"id": "\([^"]*\)".*/\1/p'
}
_weft() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
  local commands="up add ls show rm call task key check doctor mcp completion"
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "$commands --help --version" -- "$word"))
    return
  fi
  case $command in
    up) COMPREPLY=($(compgen -W "--config --listen --data --threads --log --json --help" -- "$word")) ;;
    add) COMPREPLY=($(compgen -f -W "--as --protocol --bearer --header --env --hub --json --help" -- "$word")) ;;
    show | rm) COMPREPLY=($(compgen -W "$(_weft_solutions) --hub --json --help" -- "$word")) ;;
    call) COMPREPLY=($(compgen -W "$(_weft_solutions) --input --stream --hub --json --help" -- "$word")) ;;
    task) COMPREPLY=($(compgen -W "ls show cancel answer" -- "$word")) ;;
    key) COMPREPLY=($(compgen -W "new ls revoke" -- "$word")) ;;
    check) COMPREPLY=($(compgen -f -W "--config --json --help" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "--hub --json --help" -- "$word")) ;;
  esac
}
complete -F _weft weft
)bash";
}

}  // namespace weft::app
