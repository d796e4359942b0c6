/* The contact sheet of augmentations. */
#ifndef IV_REPORT_AUGMENT_SHEET_H
#define IV_REPORT_AUGMENT_SHEET_H

#include "table/dataset.h"

/* Behind imgvec_augment_sheet, which checks the handles. */
imgvec_status iv_augment_sheet(imgvec_context *ctx, const imgvec_dataset *ds,
                               const imgvec_options *opts, const imgvec_watch *watch,
                               const char *path, imgvec_error *err);

#endif
