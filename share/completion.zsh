#compdef imgvec
# Completion of imgvec for zsh, asked of the program itself.

_imgvec() {
  local program=${words[1]} help choices
  local -a names
  if (( CURRENT == 2 )); then
    names=(${(f)"$($program --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *\([^ ].*\)/\1:\2/p' | grep -v -e '^or:' -e '^imgvec:')"})
    _describe verb names
    return
  fi
  help=$($program ${words[2]} --help 2>/dev/null)
  if [[ ${words[CURRENT-1]} == --* ]]; then
    choices=$(print -r -- $help | sed -n "s/^  \(-., \)\{0,1\}${words[CURRENT-1]} \([^ ]*|[^ ]*\).*/\2/p")
    if [[ -n $choices && $choices != *[A-Z.]* ]]; then
      names=(${(s:|:)choices})
      compadd -a names
      return
    fi
  fi
  if [[ ${words[CURRENT]} == -* ]]; then
    names=(${(f)"$(print -r -- $help | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p')"})
    compadd -a names
  else
    _files
  fi
}
_imgvec "$@"
