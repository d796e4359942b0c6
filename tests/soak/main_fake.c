/* With networks by the executor in plain C and the tiny backbone: the library's own C alone. */
#include "soak.h"

#include "api/executor.h"
#include "base/context.h"
#include "fake_executor.h"
#include "net/backbones.h"
#include "tiny_backbone.h"

static imgvec_status prepare(const char *path, const char *data, imgvec_context **ctx,
                             imgvec_error *err)
{
    imgvec_options *opts = NULL;
    imgvec_dataset *ds = NULL;
    imgvec_model *model = NULL;
    imgvec_status status = imgvec_context_new(ctx, err);
    if (status != IMGVEC_OK)
        return status;
    atomic_store(&(*ctx)->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    status = imgvec_options_new(*ctx, IMGVEC_JOB_TRAIN | IMGVEC_JOB_OPEN, &opts, err);
    if (status == IMGVEC_OK)
        status = imgvec_options_set_json(
            opts,
            "{\"target\": \"length\", \"backbone\": \"tiny\", \"weights\": \"random\", \"dim\": "
            "\"3\","
            " \"folds\": 2, \"rounds\": 20, \"select_blocks\": false, \"ablation\": \"off\","
            " \"max_bad_fraction\": 0.5, \"threads\": 1}",
            err);
    if (status == IMGVEC_OK)
        status = imgvec_dataset_open(*ctx, data, opts, NULL, &ds, err);
    if (status == IMGVEC_OK)
        status = imgvec_model_train(*ctx, ds, opts, NULL, &model, err);
    if (status == IMGVEC_OK)
        status = imgvec_model_save(model, path, err);
    imgvec_model_free(model);
    imgvec_dataset_free(ds);
    imgvec_options_free(opts);
    return status;
}

int main(int argc, char **argv)
{
    return soak_main(argc, argv, prepare);
}
