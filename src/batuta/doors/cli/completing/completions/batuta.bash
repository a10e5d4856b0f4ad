# Completion of batuta for bash. In ~/.bashrc:  eval "$(batuta completion bash)"

_batuta() {
    local IFS=$'\n' at last=-1 line word path found program=$1
    local -a words=()
    COMPREPLY=()
    # Bash takes NAME=VALUE for three words; put them together again.
    for ((at = 1; at <= COMP_CWORD; at++)); do
        word=${COMP_WORDS[at]}
        if ((last >= 0)) && [[ $word == "=" || ${COMP_WORDS[at - 1]} == "=" ]]; then
            words[last]+=$word
        else
            words[++last]=$word
        fi
    done
    word=${words[last]}
    type -P -- "$program" >/dev/null || program=batuta
    # What stands before the last = is complete, and bash wants only what comes after.
    local done=""
    [[ $word == *=* && $COMP_WORDBREAKS == *=* ]] && done=${word%"${word##*=}"}
    while read -r line; do
        case $line in
            :files* | :dirs*)
                local before=${line#*$'\t'} how=-f
                [[ $line == :dirs* ]] && how=-d
                path=${word#"$before"}
                compopt -o filenames 2>/dev/null
                while read -r found; do
                    COMPREPLY+=("${before#"$done"}$found")
                done < <(compgen "$how" -- "$path")
                ;;
            *)
                line=${line%%$'\t'*}
                [[ $line == *= ]] && compopt -o nospace 2>/dev/null
                COMPREPLY+=("${line#"$done"}")
                ;;
        esac
    done < <("$program" completion --words "${words[@]/#/+}" 2>/dev/null)
}

complete -F _batuta batuta
