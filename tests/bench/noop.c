/* SPDX-License-Identifier: MIT */
/* The least that a program can do; linked statically. */
int main(void)
{
	return 0;
}
