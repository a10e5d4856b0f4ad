#compdef batuta
# Completion of batuta for zsh. Behind `compinit` in ~/.zshrc:  eval "$(batuta completion zsh)"
# or as a file:  batuta completion zsh > "${fpath[1]}/_batuta"

_batuta() {
    local line value before program=$words[1]
    local -a values open
    whence -p -- $program >/dev/null || program=batuta
    for line in "${(@f)$($program completion --words "${(@)words[2,CURRENT]/#/+}" 2>/dev/null)}"; do
        value=${line%%$'\t'*}
        case $value in
            :files | :dirs)
                before=${line#*$'\t'}
                [[ -n $before && $before != $value ]] && compset -P ${(b)before}
                if [[ $value == :dirs ]]; then _files -/; else _files; fi
                ;;
            *=) open+=($value) ;;
            ?*) values+=("${value//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (( $#open )) && compadd -S '' -- $open
    (( $#values )) && _describe -t values batuta values
    return 0
}

if [[ $funcstack[1] == _batuta ]]; then
    _batuta "$@"
else
    compdef _batuta batuta
fi
