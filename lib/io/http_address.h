/* Which addresses belong to no public host. */
#ifndef IV_IO_HTTP_ADDRESS_H
#define IV_IO_HTTP_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

/* What an address is, for people ("a loopback address"), when it is none of a public host;
 * NULL when it is. Addresses that carry an IPv4 address within (mapped, compatible, NAT64,
 * 6to4, Teredo) are judged by it as well. */
const char *iv_address_private(const struct sockaddr *address, socklen_t size);

/* The address as text. */
#define IV_ADDRESS_TEXT 64
void iv_address_text(const struct sockaddr *address, socklen_t size, char out[IV_ADDRESS_TEXT]);

#endif
