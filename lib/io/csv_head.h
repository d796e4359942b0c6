/* What the first bytes of a CSV file tell. */
#ifndef IV_IO_CSV_HEAD_H
#define IV_IO_CSV_HEAD_H

#include <stddef.h>

#include <imgvec/error.h>

/* What stands most often in the header line outside quotes; a comma where nothing does. */
char iv_csv_find_delimiter(const char *head, size_t size);

/* Things that are plainly no CSV get an error that says what they are. */
imgvec_status iv_csv_check_start(const char *name, const char *p, size_t n, imgvec_error *err);

#endif
