#ifndef WRONG_H
#define WRONG_H
// int code;
/* TODO: later */
#endif 
