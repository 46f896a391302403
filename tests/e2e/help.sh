#!/usr/bin/env bash
# Help teaches every command, and wrong usage is answered with exit 2 and what was probably meant.
. "$(dirname "$0")/expect.bash"

succeeds --help
commands=$(sed -nE 's/^  ([a-z]+) .*/\1/p' "$work/out")
for command in trace import export calibrate validate replay list show sql; do
	grep -qx "$command" <<<"$commands" || fail "--help does not list '$command'"
done
succeeds --version
refuses 2 '^usage: decodesim COMMAND'

# The example lines of a command's help, continued lines joined, without redirections.
examples() {
	sed -n '/^example:$/,$p' "$1" | tail -n +2 | sed -E ':a; /\\$/ { N; s/ *\\\n */ /; ba }' |
		sed -E 's/ > .*//'
}

for command in $commands; do
	succeeds "$command" --help
	cp "$work/out" "$work/help"
	grep -q "^usage: decodesim $command " "$work/help" || fail "$command --help: no usage line"
	grep -q '^options:$' "$work/help" || fail "$command --help: no options"
	[ -n "$(examples "$work/help")" ] || fail "$command --help: no example"
	[ "$(awk '{ if (length > m) m = length } END { print m }' "$work/help")" -le 100 ] ||
		fail "$command --help: a line is longer than 100"
	succeeds help "$command"
	cmp -s "$work/out" "$work/help" || fail "help $command differs from $command --help"
	succeeds "$command" -h

	# options are read up to --help: an example with an option that does not exist exits 2
	while read -r line; do
		# what follows -- is another program's
		[[ $line == *' -- '* ]] && line=${line/ -- / --help -- } || line+=' --help'
		eval "words=(${line//\*/\\*})"
		equal "example of $command begins with" "${words[0]} ${words[1]}" "decodesim $command"
		succeeds "${words[@]:1}"
	done < <(examples "$work/help")

	# every option: known, wants its argument where it has one, takes none where it has none
	while read -r option argument; do
		if [ -n "$argument" ]; then
			succeeds "$command" "$option" x --help
			refuses 2 "$command: $option needs an argument: $argument" "$command" "$option"
		else
			succeeds "$command" "$option" --help
			refuses 2 "$command: $option takes no argument" "$command" "$option=x"
		fi
	done < <(sed -n '/^options:$/,/^$/p' "$work/help" | grep -v -- '--help' |
		sed -nE 's/^  (--?[a-z-]+) ?([^ ]*) .*/\1 \2/p')
	refuses 2 "$command: unknown option: '--jsno' \\(did you mean '--json'\\?\\)" "$command" --jsno
	refuses 2 "$command: unknown option: '--zzzzzzzzzz' \\(see decodesim $command --help\\)" "$command" --zzzzzzzzzz
	refuses 2 "unknown option: '-z'" "$command" -z
	# every command needs something; reproduce alone evaluates all there is
	case $command in
	reproduce) ;;
	run | lower | sensitivity) refuses 2 'no machine' "$command" ;;
	*) refuses 2 "$command" "$command" ;;
	esac
done

refuses 2 "unknown command: 'replya' \(did you mean 'replay'\?\)" replya
refuses 2 "unknown command: 'xyzzy'" xyzzy
refuses 2 "unknown command: ''" ''
refuses 2 "unknown command: '.x1b" $'\e[31m'
refuses 2 "unknown command: 'replya' \(did you mean 'replay'\?\)" help replya
refuses 2 "list: what\? .*did you mean 'runs'" list rnus
refuses 2 'show: what\?' show runs
refuses 2 'show: what\?' show trace
refuses 2 '--set, --yaml and --template are for show hw' show trace x --yaml
refuses 2 '--set, --yaml and --template are for show hw' show trace x --set a=1
refuses 2 '--timing and --db are for show trace' show hw l4 --db x
refuses 2 '--timing and --db are for show trace' show hw l4 --timing x
for option in bytes timing; do
	refuses 2 "validate: --$option belongs to exactly one TRACE" validate --hw l4 a b --$option c
	refuses 2 "import: --$option belongs to exactly one TRACE" import a b --$option c
done
refuses 2 'exactly one TRACE' replay --hw l4
refuses 2 'exactly one TRACE' replay --hw l4 a b
refuses 2 '--hw NAME.FILE.yaml is missing' replay trace
refuses 2 '--hw NAME.FILE.yaml is missing' validate trace
refuses 2 'exactly two runs' diff 1
refuses 2 'belong together' sensitivity --model llama-3.2-1b --hw l4 --reach 1
refuses 2 'range is for --global' sensitivity --model llama-3.2-1b --hw l4 --range 5
refuses 2 'no PROGRAM given' trace -o x
refuses 2 'no TRACE given' validate --hw l4
refuses 2 'exactly one statement' sql 'SELECT 1' 'SELECT 2'
refuses 2 'exclude each other' sql 'SELECT 1' --csv --json
refuses 2 '--json needs -o' calibrate --hw l4 --json x
[ -e "$DECODESIM_DB" ] && fail 'wrong usage made a database'
finish
