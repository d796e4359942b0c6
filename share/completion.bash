# Completion of imgvec for bash. What there is to complete is asked of the program itself, so that
# verbs and options are those of the version that is installed.

# Names of the verbs.
__imgvec_verbs() {
    "$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p' | grep -vx -e or -e imgvec
}

_imgvec() {
    local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]} help choices
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$(__imgvec_verbs "$program") --help --version" -- "$word"))
        return
    fi
    help=$("$program" "$verb" --help 2>/dev/null)
    case $before in
    --*)
        choices=$(sed -n "s/^  \(-., \)\{0,1\}$before \([^ ]*|[^ ]*\).*/\2/p" <<<"$help")
        if [ -n "$choices" ] && [[ $choices != *[A-Z.]* ]]; then
            COMPREPLY=($(compgen -W "${choices//|/ }" -- "$word"))
            return
        fi
        ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$(sed -n 's/^  \(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' <<<"$help")" -- "$word")) ;;
    *)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$word"))
        ;;
    esac
}
complete -F _imgvec imgvec
