/* Trains a model on photos.zip (one folder of photos for each class) and asks it about one
 * photo: train_and_predict photos.zip photo.jpg */
#include <imgvec/imgvec.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    imgvec_error err;
    imgvec_context *ctx = NULL;
    imgvec_options *opts = NULL;
    imgvec_dataset *photos = NULL, *photo = NULL;
    imgvec_model *model = NULL;
    float p[1000];
    int ok = argc >= 3 && !imgvec_context_new(&ctx, &err) &&
             !imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err) &&
             (argc < 4 || !imgvec_options_set_json(opts, argv[3], &err)) &&
             !imgvec_dataset_open(ctx, argv[1], NULL, NULL, &photos, &err) &&
             !imgvec_model_train(ctx, photos, opts, NULL, &model, &err) &&
             !imgvec_model_save(model, "photos.imgvec", &err) &&
             !imgvec_dataset_new(ctx, &photo, &err) &&
             !imgvec_dataset_add_column(photo, "image", IMGVEC_COLUMN_IMAGE, &err) &&
             !imgvec_dataset_append_text(photo, "image", argv[2], &err) &&
             !imgvec_model_predict(model, photo, NULL, p, 1000, NULL, NULL, &err);
    for (int i = 0; ok && i < imgvec_model_outputs(model); i++)
        printf("%-20s %.3f\n", imgvec_model_output_name(model, i), (double)p[i]);
    if (!ok)
        fprintf(stderr, "%s\n", argc < 3 ? "which photos.zip, which photo?" : err.text);
    imgvec_model_free(model);
    imgvec_dataset_free(photo);
    imgvec_dataset_free(photos);
    imgvec_options_free(opts);
    imgvec_context_free(ctx);
    return !ok;
}
