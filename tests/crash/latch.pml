/* SPDX-License-Identifier: MIT */
/*
 * The latch when a place is used again, with two queues: A (place 1, generation 1)
 * died holding both. C takes A's place, works on queue 0 only, may be killed at any
 * moment, and otherwise stays. B wants both queues, one after the other. Nobody else
 * is inside with a living one, and B always gets through.
 *
 * Mutations that must give a counter-example: -DINHERIT (the newcomer keeps the old
 * generation and takes the latch for its own), -DNO_GENERATION (the dead are told by
 * the byte lock alone).
 */
#define B 9

byte latch[2] = 1; /* A's word: its generation */
byte generation = 1;
bool held = 0; /* the byte lock of place 1 */
byte inside[2];
bool served = 0;

#ifdef NO_GENERATION
#define GONE(v) (!h)
#define MAY_BE_GONE(v) (!held)
#else
#define GONE(v) (!h || g != v)
#define MAY_BE_GONE(v) (!held || generation != v)
#endif

inline enter(q)
{
	atomic { inside[q]++; assert(inside[q] == 1) }
}

proctype waiter()
{
	byte q = 0, v, g;
	bool h;

	do
	:: q < 2 ->
		v = latch[q];
		if
		:: v == 0 -> atomic {
			if
			:: latch[q] == 0 -> latch[q] = B; v = B
			:: else
			fi }
		:: else ->
			h = held; /* F_GETLK, then the generation */
			g = generation;
			if
			:: GONE(v) -> atomic {
				if
				:: latch[q] == v -> latch[q] = B; v = B
				:: else
				fi }
			:: else -> (latch[q] != v || MAY_BE_GONE(v)) /* futex */
			fi
		fi;
		if
		:: v == B ->
			enter(q);
			inside[q]--;
			latch[q] = 0;
			q++
		:: else
		fi
	:: else -> break
	od;
	served = 1
}

#define KILL if :: atomic { held = 0; goto dead } :: skip fi
#define KILL_INSIDE if :: atomic { inside[0]--; held = 0; goto dead } :: skip fi

proctype newcomer()
{
	byte me, n = 0;

	held = 1;
	KILL;
#ifdef INHERIT
	me = 1;
#else
	generation = 2;
	me = 2;
#endif
	KILL;
	do
	:: n < 2 ->
		if
#ifdef INHERIT
		:: latch[0] == me -> skip
#else
		:: atomic { latch[0] == 1 -> latch[0] = me }
#endif
		:: atomic { latch[0] == 0 -> latch[0] = me }
		fi;
		KILL;
		enter(0);
		KILL_INSIDE;
		inside[0]--;
		KILL;
		latch[0] = 0;
		n++
	:: else -> break
	od;
endstays:
	served && false;
dead:	skip
}

init
{
	atomic { run waiter(); run newcomer() }
	timeout -> assert(served)
}
