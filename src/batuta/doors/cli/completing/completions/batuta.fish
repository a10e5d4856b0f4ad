# Completion of batuta for fish:  batuta completion fish > ~/.config/fish/completions/batuta.fish

function __batuta_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    type -q -- $program; or set program batuta
    for line in ($program completion --words +$words[2..-1] "+$current" 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case ':files' ':dirs'
                set -l before $parts[2]
                set -l path (string sub -s (math (string length -- "$before") + 1) -- "$current")
                if test $parts[1] = ':dirs'
                    set -l found (__fish_complete_directories "$path" '')
                    string replace -r '^' -- "$before" $found
                else
                    set -l found (__fish_complete_path "$path" '')
                    string replace -r '^' -- "$before" $found
                end
            case '*'
                echo $line
        end
    end
end

complete -c batuta -f -a '(__batuta_complete)'
