#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# make install, uninstall and dist: what is put, what works there, what is left.

load ../lib/helper

in_tree() {
	make -s -C "$ROOT" O="${SIGSLOT_BUILD#"$ROOT"/}" BUILD="${SIGSLOT_BUILD##*/}" "$@" 3>&-
}

@test "install puts programs, library, header, pages and examples in their places" {
	run -0 --separate-stderr in_tree install DESTDIR="$PWD/root" PREFIX=/usr
	assert_output ""
	assert_file_executable root/usr/bin/sigslot
	assert_file_executable root/usr/libexec/sigslot/sigslot
	assert_file_exists root/usr/lib/libsigslot.a
	assert_file_exists root/usr/lib/libsigslot.so.0
	assert_symlink_to "$PWD/root/usr/lib/libsigslot.so.0" root/usr/lib/libsigslot.so
	assert_file_exists root/usr/include/sigslot.h
	assert_file_exists root/usr/include/sigslot-queue.h
	assert_file_exists root/usr/include/sigslot-look.h
	assert_file_exists root/usr/lib/pkgconfig/sigslot.pc
	for page in "$ROOT"/man/*.[1-8]; do
		assert_file_exists "root/usr/share/man/man${page##*.}/${page##*/}"
	done
	for example in "$ROOT"/examples/*; do
		assert_file_exists "root/usr/share/sigslot/examples/${example##*/}"
	done
	run -1 grep -rl "$PWD" root/usr/lib/pkgconfig
	assert_output ""
}

@test "uninstall removes exactly what install put" {
	mkdir -p root/usr/local/bin
	: >root/usr/local/bin/other
	in_tree install DESTDIR="$PWD/root"
	in_tree uninstall DESTDIR="$PWD/root"
	run -0 find root ! -type d
	assert_output "root/usr/local/bin/other"
	run -0 find root -name '*sigslot*'
	assert_output ""
	run -0 --separate-stderr in_tree uninstall DESTDIR="$PWD/root"
}

@test "what is installed runs from there, and finds its sibling" {
	in_tree install PREFIX="$PWD/prefix"
	run -0 --separate-stderr prefix/bin/sigslot version
	version=$output
	run -0 --separate-stderr prefix/libexec/sigslot/sigslot version
	assert_output "$version"
	echo 'objects: {a: {source: echo hello}, b: {builtin: print}}' >t.yaml
	echo 'connections: [a -> b]' >>t.yaml
	run -0 --separate-stderr prefix/bin/sigslot run --until-idle t.yaml
	assert_line hello
}

@test "a program builds and links with what pkg-config says" {
	in_tree install PREFIX="$PWD/prefix"
	cat >p.c <<-'C'
		#include <sigslot.h>
		#include <stdio.h>
		int main(void)
		{
			return puts(sigslot_version()) < 0;
		}
	C
	export PKG_CONFIG_PATH=$PWD/prefix/lib/pkgconfig
	# shellcheck disable=SC2046 # several words are wanted
	gcc -o p p.c $(pkg-config --cflags --libs sigslot)
	LD_LIBRARY_PATH=$PWD/prefix/lib run -0 ./p
	assert_output "$(pkg-config --modversion sigslot)"
	# shellcheck disable=SC2046
	gcc -o p p.c $(pkg-config --cflags sigslot) -Wl,-Bstatic -L"$PWD/prefix/lib" \
		$(pkg-config --static --libs sigslot | sed 's/-ldl//') -Wl,-Bdynamic
	run -0 ./p
	assert_output "$(pkg-config --modversion sigslot)"
}

@test "a plugin may be linked with the library, and calls the program all the same" {
	in_tree install PREFIX="$PWD/prefix"
	mkdir -m 755 p
	cp "$ROOT"/examples/plugin.* p
	# shellcheck disable=SC2046
	gcc -shared -fPIC -o p/plugin.so p/plugin.c \
		$(pkg-config --cflags --libs prefix/lib/pkgconfig/sigslot.pc)
	run -0 readelf -d p/plugin.so
	assert_output --partial 'libsigslot.so.0'
	run -0 --separate-stderr prefix/bin/sigslot run --until-idle p/plugin.yaml
	assert_output $'250000\n500000\n750000\n1000000'
}

@test "dist makes the same archive each time, with everything to build from" {
	git -C "$ROOT" rev-parse HEAD || skip "this is not a git work tree"
	in_tree dist
	first=$(sha256sum <"$(echo "$ROOT"/dist/*.tar.gz)")
	in_tree dist
	assert_equal "$(sha256sum <"$(echo "$ROOT"/dist/*.tar.gz)")" "$first"
	run -0 tar tzf "$(echo "$ROOT"/dist/*.tar.gz)"
	assert_line --regexp '^sigslot-[0-9.]+/Makefile$'
	assert_line --regexp '^sigslot-[0-9.]+/lib/sigslot.h$'
}
