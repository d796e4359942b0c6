#include <imgvec/arrow.h>

#include "api/check.h"
#include "model/arrow_export.h"
#include "table/dataset.h"

imgvec_status imgvec_dataset_add_arrow(imgvec_dataset *ds, struct ArrowArrayStream *stream,
                                       const imgvec_options *opts, const imgvec_watch *watch,
                                       imgvec_error *err)
{
    NEED(ds);
    NEED(stream);
    if (!stream->release || !stream->get_schema || !stream->get_next)
        return iv_fail_argument(err, __func__, "stream is released");
    return iv_dataset_add_arrow(ds, stream, opts, watch, err);
}

imgvec_status imgvec_vectorizer_export_arrow(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                             const imgvec_watch *watch,
                                             struct ArrowArrayStream *out, imgvec_error *err)
{
    NEED(vz);
    NEED(ds);
    NEED(out);
    return iv_dataset_blame(ds, iv_vectorizer_export_arrow(vz, ds, watch, out, err), err);
}

imgvec_status imgvec_model_export_arrow(const imgvec_model *model, const imgvec_dataset *ds,
                                        const imgvec_watch *watch, struct ArrowArrayStream *out,
                                        imgvec_error *err)
{
    NEED(model);
    NEED(ds);
    NEED(out);
    return iv_dataset_blame(ds, iv_model_export_arrow(model, ds, watch, out, err), err);
}
