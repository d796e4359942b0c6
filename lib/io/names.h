/* Finding names, and names that occur twice, among names from strangers: a hash table whose
 * hash is keyed (SipHash-1-3, Aumasson and Bernstein, 2012), so that nobody can choose names
 * that make it slow. The names stay where they are: the table holds their indices. */
#ifndef IV_IO_NAMES_H
#define IV_IO_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

typedef struct iv_name_slot {
    uint32_t hash, index; /* index + 1; 0: free */
} iv_name_slot;

typedef struct iv_names { /* all zero: empty */
    uint64_t key[2];
    iv_name_slot *slots;
    size_t size, count;
} iv_names;

/* An array of records whose first member is a `const char *`, `stride` bytes apart. */
typedef struct iv_name_list {
    const void *base;
    size_t stride;
} iv_name_list;

/* Adds the name of list[index]. IV_NAME_ADDED; IV_NAME_TWICE with the index of the equal
 * name in *other and nothing added; IV_NAME_NO_MEMORY. */
enum { IV_NAME_ADDED, IV_NAME_TWICE, IV_NAME_NO_MEMORY };
int iv_names_add(imgvec_context *ctx, iv_names *n, iv_name_list list, size_t index, size_t *other);
size_t iv_names_find(const iv_names *n, iv_name_list list, const char *name); /* SIZE_MAX: none */
void iv_names_clear(imgvec_context *ctx, iv_names *n);

#endif
