int sigslot_other(void);
