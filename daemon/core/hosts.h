/*
 * hosts.h - host names, as far as telling outlets apart needs them.
 */
#ifndef DUP_CORE_HOSTS_H
#define DUP_CORE_HOSTS_H

#include <stddef.h>

#define HOSTS_MAX 253   /* bytes of a host name */

/* Whether the text can only be meant as a host name: labels with dots between, the last of
 * letters, two or more. "news.example.org" is, "A.B.C" and "10.0.0.1" are not. */
int hosts_is_name(const char *text, size_t len);

/* The name in lower case, without a last dot, into out (HOSTS_MAX + 1 bytes). Its length. */
size_t hosts_lower(const char *host, size_t len, char *out);

/*
 * Where the part begins that was registered: one label more than the suffix under which names
 * are given away. host is in lower case. The suffix is the last label; or the last two where
 * the country gives away names below a second one (co.uk, com.au, co.in, com.br) or a
 * service gives them to its users (blogspot.com). outlets.conf(5) tells the rule.
 */
size_t hosts_registrable(const char *host, size_t len);

#endif
