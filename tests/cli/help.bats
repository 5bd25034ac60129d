# SPDX-License-Identifier: MIT
#
# help, and that pages, help and the tables of options say the same.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# The commands that do something: those of a group, not the group.
all_commands() {
	local name

	sigslot help --json | jq -r .name | while read -r name; do
		if sigslot help --json "$name" | grep -q '^{"name"'; then
			sigslot help --json "$name" | jq -r .name
		else
			echo "$name"
		fi
	done
}

# The options of COMMAND as "LETTER NAME yes|no (takes a value)", sorted.
options_of() {
	# shellcheck disable=SC2086 # "queue put" is two words
	sigslot help --json $1 |
		jq -r '"\(if .letter == "" then "-" else .letter end) \(.name) " +
			if .value == "" then "no" else "yes" end' | sort
}

# The part of a page that speaks of COMMAND: of a group's, the subsection of its name,
# and what is said before the first one of all.
page_of() {
	local page=$ROOT/man/sigslot-${1%% *}.1

	case $1 in
	*' '*)
		sed -n "/^\.Ss ${1#* }\$/,/^\.S[sh] /p" "$page" | sed '1!{/^\.S[sh] /d}'
		sed -n '/^\.Sh DESCRIPTION/,/^\.Ss/p' "$page" | sed '$d'
		;;
	*) sed -nE '/^\.Sh DESCRIPTION/,/^\.Sh (EXIT|ENV)/p' "$page" ;;
	esac
}

# The lines of a synopsis that begin with COMMAND.
synopsis_of() {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$ROOT/man/sigslot-${1%% *}.1" |
		awk -v name=".Nm sigslot $1" '/^\.Nm/ { mine = $0 == name } mine'
}

# The options of COMMAND from its page.
options_of_page() {
	page_of "$1" | sed -nE '
		s/^\.It Fl -([a-z-]+)( Ar .*)?$/- \1\2/p
		s/^\.It Fl ([A-Za-z0-9]) , -([a-z-]+)( Ar .*)?$/\1 \2\3/p
	' | sed -E 's/ Ar .*/ yes/; t; s/$/ no/' | sort
}

# The same from COMMAND --help.
options_of_help() {
	# shellcheck disable=SC2086 # "queue put" is two words
	sigslot $1 --help | sed -nE '/^options:/,/^$/ {
		s/^      --([a-z-]+)( [A-Za-z|-]+)?   *[^ ].*/- \1\2/p
		s/^  -([A-Za-z0-9]), --([a-z-]+)( [A-Za-z|-]+)?   *[^ ].*/\1 \2\3/p
	}' | sed -E 's/^(. [^ ]+) .*/\1 yes/; t; s/$/ no/' | sort
}

@test "help lists every command with a line on it" {
	run -0 --separate-stderr sigslot help
	assert_stderr ''
	assert_line --index 0 'usage: sigslot COMMAND [OPTION...] [OPERAND...]'
	for name in run check emit tap queue ps stats ledger why errors logs stop start kill restart wait clean bench help version; do
		assert_line --regexp "^  $name  +[a-z]"
	done
}

@test "--help and -h without a command are help" {
	run -0 --separate-stderr sigslot help
	wanted=$output
	for word in --help -h; do
		run -0 --separate-stderr sigslot "$word"
		assert_output "$wanted"
		assert_stderr ''
	done
}

@test "help COMMAND, COMMAND --help and COMMAND -h are the same for every command" {
	while read -r -a words; do
		run -0 --separate-stderr sigslot help "${words[@]}"
		assert_line --index 0 --partial "usage: sigslot ${words[*]} [OPTION...]"
		wanted=$output
		for word in --help -h; do
			run -0 --separate-stderr sigslot "${words[@]}" "$word"
			assert_output "$wanted"
			assert_stderr ''
		done
	done < <(all_commands)
}

@test "help of a group lists its commands, and so do --help and -h" {
	run -0 --separate-stderr sigslot help queue
	assert_line --index 0 'usage: sigslot queue COMMAND [OPTION...] [OPERAND...]'
	assert_line --regexp '^  queue put  +[a-z]'
	assert_line --regexp '^  -h, --help  +[a-z]'
	assert_stderr ''
	wanted=$output
	for word in --help -h; do
		run -0 --separate-stderr sigslot queue "$word"
		assert_output "$wanted"
		assert_stderr ''
	done
}

@test "a group without a command, or with one that it has not, is wrong usage" {
	run -64 --separate-stderr sigslot queue
	assert_output ''
	assert_stderr 'sigslot: which command? (see sigslot queue --help)'
	run -64 --separate-stderr sigslot queue pt
	assert_output ''
	assert_stderr "sigslot: there is no command 'queue pt': did you mean 'queue put'?"
	run -64 --separate-stderr sigslot help queue put more
	assert_output ''
	assert_stderr_has "'more' is one operand too many"
}

@test "help of an unknown command is wrong usage and guesses" {
	run -64 --separate-stderr sigslot help stpo
	assert_output ''
	assert_stderr "sigslot: there is no command 'stpo': did you mean 'stop'?"
}

@test "help --json is one object per command" {
	run -0 --separate-stderr bash -c \
		'sigslot help --json | jq -c "select(.name == \"ps\")"'
	assert_output '{"name":"ps","operands":"[INSTANCE...]","brief":"list loops, the dead ones too"}'
}

@test "help --json COMMAND is one object per option" {
	run -0 --separate-stderr bash -c \
		'sigslot help --json run | jq -c "select(.name == \"name\")"'
	assert_output '{"letter":"n","name":"name","value":"NAME","help":"name of the instance"}'
}

@test "the options of every command are those of its page" {
	while read -r name; do
		run -0 options_of "$name"
		assert_output
		wanted=$output
		run -0 options_of_page "$name"
		assert_equal "$name: $output" "$name: $wanted"
	done < <(all_commands)
}

@test "the options of every command are those of its --help" {
	while read -r name; do
		run -0 options_of "$name"
		wanted=$output
		run -0 options_of_help "$name"
		assert_equal "$name: $output" "$name: $wanted"
	done < <(all_commands)
}

@test "the synopsis of every page has every option" {
	while read -r name; do
		synopsis=$(synopsis_of "$name")
		while read -r letter option _; do
			[ "$option" != help ] || continue
			[ "$letter" = - ] || option="$letter|-$option"
			grep -Eq "Fl (-?$option)( |\$)" <<<"$synopsis" ||
				fail "$name: --$option is not in the synopsis"
		done < <(options_of "$name")
	done < <(all_commands)
}

@test "the page of a group has a subsection for each command, with what help says" {
	while IFS=$'\t' read -r name brief; do
		run -0 page_of "$name"
		assert_line --index 0 ".Ss ${name#* }"
		assert_line --index 1 "${brief^}."
	done < <(sigslot help --json queue | jq -r '[.name, .brief] | @tsv')
}

@test "every page says what help says of its command" {
	while IFS=$'\t' read -r name brief; do
		run -0 sed -n 's/^\.Nd //p' "$ROOT/man/sigslot-$name.1"
		assert_output "$brief"
	done < <(sigslot help --json | jq -r '[.name, .brief] | @tsv')
}

@test "sigslot(1) lists the commands in the order and with the words of help" {
	run -0 sed -n '/^\.Sh COMMANDS/,/^\.Sh ENV/ {
		/^\.It Cm/ { N; s/^\.It Cm \(.*\)\n\(.*\), see$/\1: \2/p; }
	}' "$ROOT/man/sigslot.1"
	assert_output "$(sigslot help --json | jq -r '"\(.name): \(.brief)"')"
}

@test "the example of sigslot-plugin(3) is examples/plugin.c" {
	sed -n '/^#include <errno/,/^\.Ed/ { /^\.Ed/d; s/\\e/\\/g; p; }' \
		"$ROOT/man/sigslot-plugin.3" >page
	sed -n '/^#include/,$p' "$ROOT/examples/plugin.c" >file
	run -0 diff page file
}
