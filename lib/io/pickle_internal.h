/* What the pickle reader's files share: making values, and the names of torch. */
#ifndef IV_IO_PICKLE_INTERNAL_H
#define IV_IO_PICKLE_INTERNAL_H

#include "io/pickle.h"

/* Memory that lives as long as the pickle; NULL when there is none or the limit is met. */
void *iv_pickle_alloc(iv_pickle *p, size_t bytes);
imgvec_status iv_pickle_no_memory(const iv_pickle *p, imgvec_error *err);

imgvec_status iv_pickle_value_new(iv_pickle *p, iv_pickle_type type, iv_pickle_value **out,
                                  imgvec_error *err);
imgvec_status iv_pickle_dict_new(iv_pickle *p, iv_pickle_value **out, imgvec_error *err);
/* Text, or bytes when it is no sound text without NUL. COPIED. */
imgvec_status iv_pickle_text_new(iv_pickle *p, const char *text, size_t length,
                                 iv_pickle_value **out, imgvec_error *err);
imgvec_status iv_pickle_append(iv_pickle *p, iv_pickle_value *list, iv_pickle_value *item,
                               imgvec_error *err);
imgvec_status iv_pickle_set(iv_pickle *p, iv_pickle_value *dict, const iv_pickle_value *key,
                            iv_pickle_value *value, imgvec_error *err);
/* FORMAT when a dictionary holds a name twice. */
imgvec_status iv_pickle_check_names(iv_pickle *p, imgvec_error *err);

/* The table of allowed names. NULL: refused. */
const struct iv_torch_name *iv_torch_find(const char *module, const char *name);
/* What a call of the name with these arguments stands for. */
imgvec_status iv_torch_call(iv_pickle *p, const iv_pickle_value *callee,
                            const iv_pickle_value *arguments, iv_pickle_value **out,
                            imgvec_error *err);
/* The storage that a persistent id describes. */
imgvec_status iv_torch_storage(iv_pickle *p, const iv_pickle_value *id, iv_pickle_value **out,
                               imgvec_error *err);

#endif
