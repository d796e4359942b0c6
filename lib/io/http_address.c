/* The special-purpose registries of IANA for IPv4 and IPv6, as far as they are not global. */
#include "io/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct range {
    uint32_t first;
    int bits;
    const char *what;
} range;

static const range ranges4[] = {
    {0x00000000, 8, "an unspecified address"},     {0x0A000000, 8, "a private address"},
    {0x64400000, 10, "a carrier's inner address"}, {0x7F000000, 8, "a loopback address"},
    {0xA9FE0000, 16, "a link-local address"},      {0xAC100000, 12, "a private address"},
    {0xC0000000, 24, "a reserved address"},        {0xC0000200, 24, "a reserved address"},
    {0xC0586300, 24, "a reserved address"},        {0xC0A80000, 16, "a private address"},
    {0xC6120000, 15, "a reserved address"},        {0xC6336400, 24, "a reserved address"},
    {0xCB007100, 24, "a reserved address"},        {0xE0000000, 4, "a multicast address"},
    {0xF0000000, 4, "a reserved address"},
};

static const char *private4(uint32_t address)
{
    for (size_t i = 0; i < sizeof ranges4 / sizeof *ranges4; i++)
        if ((address ^ ranges4[i].first) >> (32 - ranges4[i].bits) == 0)
            return ranges4[i].what;
    return NULL;
}

static uint32_t word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const char *private6(const uint8_t b[16])
{
    static const uint8_t zeros[16], mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (memcmp(b, zeros, 16) == 0)
        return "an unspecified address";
    if (memcmp(b, zeros, 15) == 0 && b[15] == 1)
        return "a loopback address";
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, zeros, 12) == 0)
        return private4(word(b + 12));
    if (word(b) == 0x0064FF9B) { /* NAT64: 64:ff9b::/96 and the local 64:ff9b:1::/48 */
        if (memcmp(b + 4, zeros, 8) == 0)
            return private4(word(b + 12));
        return "a reserved address";
    }
    if (b[0] == 0x20 && b[1] == 0x02)
        return private4(word(b + 2));
    if (word(b) == 0x20010000) /* Teredo: the client's address, inverted */
        return private4(~word(b + 12));
    if (b[0] == 0xFF)
        return "a multicast address";
    if (b[0] == 0xFE && (b[1] & 0xC0) == 0x80)
        return "a link-local address";
    if ((b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0xC0))
        return "a private address";
    if ((b[0] & 0xE0) != 0x20 || word(b) == 0x20010DB8)
        return "a reserved address"; /* only 2000::/3 is given out */
    return NULL;
}

const char *iv_address_private(const struct sockaddr *address, socklen_t size)
{
    if (address->sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return private4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return private6(in.sin6_addr.s6_addr);
    }
    return "no internet address";
}

void iv_address_text(const struct sockaddr *address, socklen_t size, char out[IV_ADDRESS_TEXT])
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    const char *text = NULL;
    if (address->sa_family == AF_INET && size >= sizeof in4) {
        memcpy(&in4, address, sizeof in4);
        text = inet_ntop(AF_INET, &in4.sin_addr, out, IV_ADDRESS_TEXT);
    } else if (address->sa_family == AF_INET6 && size >= sizeof in6) {
        memcpy(&in6, address, sizeof in6);
        text = inet_ntop(AF_INET6, &in6.sin6_addr, out, IV_ADDRESS_TEXT);
    }
    if (!text)
        snprintf(out, IV_ADDRESS_TEXT, "?");
}
