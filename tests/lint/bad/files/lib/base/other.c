/* nothing says what this is */
void f(void)
{
	exit(1);
}
