int bad(void)
{
	int a[2];
	/* cppcheck-suppress unusedFunction */
	return a[2];
}
