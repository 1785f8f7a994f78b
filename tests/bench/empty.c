/*
 * empty: what every program costs: libc alone, and an end.
 */
int
main(void)
{
	return 0;
}
