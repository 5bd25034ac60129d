/* SPDX-License-Identifier: MIT */
/*
 * What connect and disconnect share.
 */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#define CONNECT_SAVE(file_name)                                                \
	{                                                                      \
		.name = "save", .arg = "FILE",                                 \
		.help = "then write the topology with the connections of now", \
		.text = &(file_name)                                           \
	}

#endif
