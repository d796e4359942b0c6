/* Options as a JSON object, and back. */
#ifndef IV_IO_OPTIONS_JSON_H
#define IV_IO_OPTIONS_JSON_H

#include <imgvec/options.h>

#include "io/json.h"

/* Every option of the jobs (bits), set or default, by table order; xgb.<name> last. */
void iv_options_write_json(const imgvec_options *opts, int32_t jobs, iv_json_writer *w,
                           const char *name);

/* Sets the option that a member of an object names. */
imgvec_status iv_options_read_member(imgvec_options *opts, const iv_json *member,
                                     imgvec_error *err);

/* Sets every member of the text's object: all of them or, on an error, none. */
imgvec_status iv_options_read_json(imgvec_options *opts, const char *json, imgvec_error *err);

#endif
