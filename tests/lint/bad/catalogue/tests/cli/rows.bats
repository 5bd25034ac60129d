# SPDX-License-Identifier: MIT
#
# A row that is not in the catalogue, and one that is.
@test "A1: it is there" {
	true
}

@test "B1: it is not" {
	true
}
