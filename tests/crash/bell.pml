/* SPDX-License-Identifier: MIT */
/*
 * Bell, latch and lease: two producers with one message each, two consumers, kill -9
 * between any two stores. A dead producer is noticed by nobody, a dead consumer by the
 * supervisor. In the end every committed message is done.
 *
 * Mutations that must give a counter-example: -DCOMMIT_FIRST -DDRAIN_UNMARKED
 * -DREDELIVER_SILENTLY -DTWO_STATES
 */
#ifndef KILLS
#define KILLS 2
#endif
#define READY 1
#define LEASED 2
#define DONE 3
#define SILENT 0
#define UNKNOWN 1
#define RUNG 2

byte latch = 0;
bool alive[6] = 1;
bool reaped[6] = 1;
byte kills = KILLS;
byte consumer_kills = 1;
byte state[2];
byte owner[2];
byte tail = 0, next = 0;
byte word = SILENT;
bool token = 0;

#define ACQUIRE(me) atomic { (latch == 0 || !alive[latch]) -> latch = me }

inline producer_kill(me)
{
	if
	:: atomic { kills > 0 -> kills--; alive[me] = 0; goto dead }
	:: skip
	fi
}

inline consumer_kill(me)
{
	if
	:: atomic { kills > 0 && consumer_kills > 0 -> kills--; consumer_kills--;
		    alive[me] = 0; reaped[me] = 0; goto dead }
	:: skip
	fi
}

inline ring(me)
{
	if
	:: word != RUNG ->
#ifdef TWO_STATES
		word = RUNG;
		producer_kill(me);
		token = 1
#else
		word = UNKNOWN;
		producer_kill(me);
		token = 1;
		producer_kill(me);
		word = RUNG
#endif
	:: else
	fi
}

inline hush(me)
{
	if
	:: word != SILENT ->
#ifndef DRAIN_UNMARKED
		word = UNKNOWN;
#endif
		consumer_kill(me);
		token = 0;
		consumer_kill(me);
		word = SILENT
	:: else
	fi
}

proctype producer(byte me)
{
	byte p;

	producer_kill(me);
	ACQUIRE(me);
	producer_kill(me);
	p = tail;
	state[p] = READY; /* beyond the tail: invisible */
	producer_kill(me);
#ifdef COMMIT_FIRST
	tail = p + 1;
	producer_kill(me);
	ring(me);
#else
	ring(me);
	producer_kill(me);
	tail = p + 1;
#endif
	producer_kill(me);
	latch = 0;
dead:	skip
}

proctype consumer(byte me)
{
	byte p;

	do
	:: consumer_kill(me);
	   ACQUIRE(me);
	   consumer_kill(me);
	   p = next;
	   do
	   :: p < tail && state[p] != READY -> p++
	   :: else -> break
	   od;
	   if
	   :: p < tail ->
		owner[p] = me;
		state[p] = LEASED;
		consumer_kill(me);
		next = p + 1;
		consumer_kill(me);
		latch = 0;
		consumer_kill(me);
		ACQUIRE(me);
		consumer_kill(me);
		state[p] = DONE;
		consumer_kill(me);
		latch = 0
	   :: else ->
		hush(me);
		consumer_kill(me);
		latch = 0;
		consumer_kill(me);
endsleep:	token == 1 /* poll(), level-triggered */
	   fi
	od;
dead:	skip
}

proctype supervisor()
{
	byte p, d;

endidle:
	do
	:: !reaped[3] || !reaped[4] ->
		d = (!reaped[3] -> 3 : 4);
		ACQUIRE(5);
		p = 0;
		do
		:: p < tail ->
			if
			:: state[p] == LEASED && owner[p] == d ->
#ifndef REDELIVER_SILENTLY
				if
				:: word != RUNG -> token = 1; word = RUNG
				:: else
				fi;
#endif
				if
				:: next > p -> next = p
				:: else
				fi;
				state[p] = READY
			:: else
			fi;
			p++
		:: else -> break
		od;
		latch = 0;
		reaped[d] = 1
	od
}

init
{
	byte i = 0;

	atomic {
		run producer(1);
		run producer(2);
		run consumer(3);
		run consumer(4);
		run supervisor()
	}
	timeout -> i = 0;
	do
	:: i < tail -> assert(state[i] == DONE); i++
	:: else -> break
	od
}
